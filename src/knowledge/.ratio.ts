import { openPdfLibrary } from '/work/main/src/knowledge/extract-pdf-library.ts'
import { readPdf } from '/work/main/src/knowledge/extract-pdf.ts'
import { createExtractor } from '/work/main/src/knowledge/extract.ts'
import { BlockSink } from '/work/main/src/knowledge/extract-sink.ts'
import { EXTRACT_LIMITS } from '/work/main/src/knowledge/extract-limits.ts'
import { PDFiumLibrary } from '@hyzyla/pdfium'
import { readFileSync } from 'node:fs'
const cpu=async(f:any)=>{const c=process.cpuUsage();const t=performance.now();const r=await f();const u=process.cpuUsage(c);return [r,(u.user+u.system)/1000|0,performance.now()-t|0]}
for(const f of process.argv.slice(2)){const bytes=readFileSync(f)
 for(let i=0;i<3;i++){
 const raw=await cpu(async()=>{const l=await PDFiumLibrary.init();const d=await l.loadDocument(bytes);let n=0;for(const p of d.pages()){p.getText();n++}d.destroy();l.destroy();return n})
 const own=await cpu(async()=>{const s=new BlockSink(2e7);return (await readPdf({bytes,limits:EXTRACT_LIMITS},s)).pages})
 console.log(f.split('/').pop(),'raw getText cpu',raw[1],'ms',raw[0]/raw[1]*1000|0,'p/s | readPdf cpu',own[1],'ms',own[0]/own[1]*1000|0,'p/s') }
 const ex=createExtractor(); for(let i=0;i<3;i++){const t=performance.now();const r=await ex.extract(f);console.log('  through child', i?'warm':'cold',(performance.now()-t)|0,'ms wall',r.pages!/(performance.now()-t)*1000|0,'p/s')} await ex.close()
}
