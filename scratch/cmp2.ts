import { graphSession } from '../electron/engine/runtime/session.ts'
import { Graph } from '../models/graph/graph.ts'
import { layoutOf } from '../models/nn/parameters.ts'
import { random } from '../models/nn/random.ts'
import { efficientNet } from '../models/stem/efficientNet.ts'
const S=64; const res:any[]=[]
for(const dtype of ['float32','float64'] as const){
 const g=new Graph(dtype); const img=g.input('image',[1,3,S,S]); const maps=g.scope('stem',()=>efficientNet(img,'efficientnet-lite0'))
 const out:any={}; for(const n of g.nodes) if(n.op.name!=='x') out[n.outputs[0].name]=n.outputs[0]
 const rng=random(2); const cast=(d:Float64Array)=>dtype==='float32'?Float32Array.from(d):d
 const feeds:any={image:cast(Float64Array.from(Float32Array.from({length:3*S*S},()=>rng.between(-1,1))))}
 for(const {name,shape,size} of layoutOf(g.parameters).slots){const limit=shape.length===4?2.5/Math.sqrt(size/shape[0]):.5; feeds[name]=cast(Float64Array.from(Float32Array.from({length:size},()=>rng.between(-limit,limit))))}
 const s=await graphSession(g,out,{threads:1}); res.push(await s.run(feeds)) }
const [a,b]=res; const ka=Object.keys(a), kb=Object.keys(b)
kb.slice(0,14).forEach((k,j)=>{ const x=a[ka[j]].data,y=b[k].data; let m=0,d=0; for(let i=0;i<y.length;i++){m=Math.max(m,Math.abs(y[i]));d=Math.max(d,Math.abs(x[i]-y[i]))} console.log(k,ka[j]===k,'size',m.toExponential(2),'rel',(d/m).toExponential(2)) })
