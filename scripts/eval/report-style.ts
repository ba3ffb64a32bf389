/** Light and dark by the reader's wish; on paper everything is shown, in ink. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --line: #dde1ea; --page: #fff; --bar: #cfe0fb; --met: #17683a; --missed: #a3281f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf1; --soft: #a3acbd; --line: #333b4b; --page: #141923; --bar: #2a4472; --met: #6fd39a; --missed: #ff9d92; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 1rem; }
h2 { margin: 0; font-size: 1.25rem; }
h3 { margin: 0; font-size: 1rem; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.25rem; }
.run { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem; margin: 0; }
.run dt, .size { color: var(--soft); font-size: .875rem; }
.run dd { margin: 0; overflow-wrap: anywhere; }
.sum { font-size: 1.1rem; font-weight: 600; }
.met .state, .sum.met { color: var(--met); }
.missed .state, .sum.missed, span.missed { color: var(--missed); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
a { color: inherit; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; }
@media (max-width: 30rem) { tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 6rem; } }
.bar { display: block; min-width: 4.5rem; padding: 0 .35rem; border-radius: .2rem;
  background: linear-gradient(90deg, var(--bar) calc(var(--share) * 100%), transparent 0); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
summary { cursor: pointer; font-weight: 600; }
article { border-left: 3px solid var(--line); padding-left: .75rem; margin: 1rem 0; }
article p { margin: .15rem 0; }
blockquote { margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--soft); }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --bar: #d5e2f7; --met: #17683a; --missed: #a3281f; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  tr, article { break-inside: avoid; }
  details:not([open])::details-content { content-visibility: visible; display: block; }
}
`
