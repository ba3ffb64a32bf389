import { it } from 'vitest'
import { startTestApp } from '/work/main/src/testing/app.ts'
import { signUpTester } from '/work/main/src/testing/signed-in.ts'
it('measures', async () => {
  await using app = await startTestApp()
  const t = await signUpTester(app)
  for (const p of ['settings','try','prompts','channels']) {
    const path = `/admin/bots/${app.bot.id}/${p}`
    const times = []
    let raw = 0, packed = 0
    for (let i=0;i<40;i++) { const s = performance.now(); const r = await t.fetch(path); raw = (await r.text()).length; packed = Number(r.headers.get('content-length')); times.push(performance.now()-s) }
    times.sort((a,b)=>a-b)
    console.log(p, 'p50', times[20].toFixed(1), 'p95', times[37].toFixed(1), 'chars', raw, 'packed', packed)
  }
}, 120000)
