import { trainingMemory } from '../electron/engine/train/memoryPlan.ts'
import { presets } from '../models/nucleusVit/config.ts'
import { classifierLayout } from '../models/nucleusVit/layout.ts'
import { fromStem } from '../models/train/recipes.ts'
import { stemNumbers } from '../models/stem/efficientNet.ts'
const l=classifierLayout(presets['stem-tiny'],4)
const config={...presets['stem-tiny'],imageSize:320}
console.log('weights',l.size,'stem numbers',stemNumbers('efficientnet-lite0',320)/1e6,'estimate',trainingMemory({config,method:'full',size:l.size,trained:l.size,recipe:fromStem,nuclei:200},{kind:'whole'}))
