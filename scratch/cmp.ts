import { graphSession } from '../electron/engine/runtime/session.ts'
import { gradients } from '../models/autodiff.ts'
import { Graph } from '../models/graph/graph.ts'
import { layoutOf } from '../models/nn/parameters.ts'
import { random } from '../models/nn/random.ts'
import { cropEncoder } from '../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../models/nucleusVit/network.ts'
import { crossEntropy, targets } from '../models/train/loss.ts'
const S=Number(process.env.S??32), seed=Number(process.env.SEED??2)
const config:any={width:16,layers:2,heads:2,imageSize:S,patchSize:16,positions:'published',roiFeatures:'before-positions',stem:'efficientnet-lite0'}
const rng0=random(5); const rgb=Uint8Array.from({length:3*S*S},()=>rng0.below(256))
const feeds0:any={...cropEncoder(config,{training:true}).encode(rgb,[2,3,19,17,14,9,31,28]),targets:targets([2,0],2,{classes:3,smoothing:.1}),branch_scale:Float32Array.of(1,1.25,.8,1.1)}
const res:any[]=[]
for(const dtype of ['float32','float64'] as const){
 const g=new Graph(dtype); const bs=g.input('branch_scale',[4]); const {nuclei}=nucleusVit(config,nucleusVitInputs(g,config),{branchScale:bs})
 const loss=crossEntropy(classHead(nuclei,3),g.input('targets',['N',3])); const gr=gradients(loss,g.parameters)
 const out:any={loss,nuclei}; g.parameters.forEach((p,i)=>out['d '+p.name]=gr[i])
 const rng=random(seed); const cast=(d:Float64Array)=>dtype==='float32'?Float32Array.from(d):d
 const feeds:any={}; for(const [k,v] of Object.entries(feeds0) as any) feeds[k]=v instanceof BigInt64Array?v:cast(Float64Array.from(v as any))
 for(const {name,shape,size} of layoutOf(g.parameters).slots){const limit=shape.length===1?.5:(shape.length===4?2.5:.5)/Math.sqrt(size/shape[0]); const isB=name.endsWith('bias')&&name.startsWith('stem'); feeds[name]=cast(Float64Array.from(Float32Array.from({length:size},()=>rng.between(-limit,limit))))}
 const s=await graphSession(g,out,{threads:1}); res.push(await s.run(feeds)) }
const [a,b]=res
for(const k of Object.keys(b)){ const x=a[k].data,y=b[k].data; let m=0,d=0; for(let i=0;i<y.length;i++){m=Math.max(m,Math.abs(y[i]));d=Math.max(d,Math.abs(x[i]-y[i]))} if(d/m>1e-4||!k.startsWith('d ')) console.log(k,'size',m.toExponential(2),'rel',(d/m).toExponential(2)) }
