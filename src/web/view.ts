import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import { assetUrl } from './static.ts'

const eta = new Eta({
  views: fileURLToPath(new URL('./views', import.meta.url)),
  cache: true,
})

/** Renders `views/<name>.eta`. Everything is escaped, save what the view itself marks as safe HTML. */
export function renderView(name: string, model: object): string {
  return eta.render(`./${name}`, { ...model, assetUrl })
}
