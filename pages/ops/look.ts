/** What the operations pages add to the look of all pages: a frame, dense lists, a time line and charts. */

export const OPS_LOOK = `
.ops { display: grid; grid-template-columns: minmax(0, 1fr); grid-template-rows: auto auto 1fr; font-size: .9375rem; }
.ops .skip { position: absolute; inset-inline-start: .5rem; top: -4rem; z-index: 3; padding: .6rem 1rem; background: var(--card); }
.ops .skip:focus { top: .5rem; }
.ops-head { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: .6rem 1rem; background: var(--card);
  border-bottom: 1px solid var(--line); }
.ops-head .brand { font-size: 1.0625rem; font-weight: 680; color: var(--text); text-decoration: none; }
.ops-head .spring { flex: 1; }
.ops-head form { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
.ops-head .who { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
.ops .compact { min-height: 2.5rem; padding: .3rem .6rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--card);
  color: var(--text); font: inherit; font-size: .875rem; max-width: 14rem; }
.ops button.compact { font-weight: 600; cursor: pointer; }
.ops-nav { display: flex; gap: .25rem; padding: .4rem .75rem; overflow-x: auto; background: var(--card); border-bottom: 1px solid var(--line); }
.ops-nav a { flex: none; padding: .5rem .75rem; border-radius: .5rem; color: var(--text); text-decoration: none; font-weight: 550; }
.ops-nav a:hover { background: var(--sunken); }
.ops-nav a[aria-current] { background: var(--accent); color: var(--on-accent); }
.ops main { width: 100%; max-width: 110rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; min-width: 0; }
.ops .title { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: 1rem; }
.ops .title h1 { margin: 0; overflow-wrap: anywhere; } .ops .title .spring { flex: 1; }
.ops .live { display: inline-flex; align-items: center; gap: .4rem; margin: 0; color: var(--soft); font-size: .8125rem; }
.ops .live::before { content: ""; width: .55rem; height: .55rem; border-radius: 50%; background: var(--soft); }
.ops .live[data-state="on"]::before { background: var(--good); } .ops .live[data-state="off"]::before { background: var(--bad); }
.ops .card { padding: 1rem; border-radius: var(--radius); box-shadow: none; margin-bottom: 1rem; min-width: 0; }
.ops .stack > * + * { margin-top: 1rem; }
.ops .filters { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(11rem, 100%), 1fr)); gap: .5rem .75rem; align-items: start; margin-bottom: 1rem; }
.ops .filters .field { margin: 0; min-width: 0; } .ops .filters label { font-size: .8125rem; }
.ops .filters input, .ops .filters select { min-height: 2.5rem; padding: .35rem .6rem; border-radius: .5rem; min-width: 0; }
.ops .filters .buttons { align-self: end; }
.ops .filters .buttons, .ops .buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.ops .buttons .button { margin: 0; width: auto; min-height: 2.5rem; padding: .4rem .9rem; font-size: .875rem; }
.ops .buttons .button[aria-current] { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.ops .table { position: relative; } .ops .table + p { margin-top: .75rem; } .ops td .mono { display: inline-block; max-width: 26rem; overflow-wrap: break-word; } .ops .columns, .ops .actions { margin-bottom: 1rem; } .ops .stack > .card { margin-bottom: 0; }
.ops .table tbody tr:hover { background: var(--sunken); }
.ops .table th { position: sticky; top: 0; background: var(--card); }
.ops .table td { overflow-wrap: break-word; min-width: 5rem; } .ops .table td .amount, .ops .table td time { white-space: nowrap; }
.ops .pager { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: space-between; align-items: center; padding-top: .75rem; }
.ops .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; font-size: .875em; overflow-wrap: anywhere; }
.ops .facts { max-width: 74rem; } .ops td .long { display: inline-block; min-width: 12rem; }
.ops .question { max-width: 40rem; margin: 0 auto; }
.ops .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; align-items: start; }
.ops .columns > .card { margin: 0; }
.ops-sign-in { display: grid; place-items: center; padding: 1rem; } .ops-sign-in > main { width: 100%; max-width: 24rem; }
body[data-busy] { cursor: progress; } body[data-busy]::before { content: ""; position: fixed; inset: 0 0 auto 0; height: 3px; z-index: 4;
  background: var(--accent); }
@media (prefers-reduced-motion: no-preference) { body[data-busy]::before { animation: going 1.2s ease-in-out infinite alternate; } }
@keyframes going { from { transform: scaleX(.15); } to { transform: scaleX(.9); } }
@media (min-width: 64rem) {
  .ops { grid-template-columns: 13rem minmax(0, 1fr); grid-template-rows: auto 1fr; }
  .ops-head { grid-column: 1 / -1; }
  .ops-nav { flex-direction: column; gap: .15rem; padding: 1rem .75rem; border-bottom: 0; border-inline-end: 1px solid var(--line); overflow: visible; }
}
@media (forced-colors: active) { .ops-nav a[aria-current] { outline: 2px solid; } }
@media print { .ops { display: block; } .ops-head, .ops-nav, .ops .filters, .ops .live, .ops .pager { display: none; } }
`;

/** The parts that only some pages have. */
export const STORY_LOOK = `
.ops .timeline { list-style: none; margin: 0; padding: 0; }
.ops .timeline li { overflow-wrap: anywhere; display: grid; grid-template-columns: 11.5rem minmax(0, 1fr); gap: .25rem 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line);
  border-inline-start: 3px solid var(--line); padding-inline-start: .75rem; color: var(--text); }
.ops .timeline li.bad { border-inline-start-color: var(--bad); } .ops .timeline li.good { border-inline-start-color: var(--good); }
.ops .timeline li.busy { border-inline-start-color: var(--busy); } .ops .timeline li.info { border-inline-start-color: var(--info); }
.ops .timeline time { color: var(--soft); font-variant-numeric: tabular-nums; } .ops .timeline p { margin: .15rem 0 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .ops .timeline li { grid-template-columns: minmax(0, 1fr); } }
.ops .bar { display: block; width: 100%; height: 1.5rem; border-radius: .4rem; } .ops .bar .due { fill: var(--line); }
.ops .bar .kept { fill: var(--good); } .ops .bar .excess { fill: var(--bad); } .ops .bar .refunded { fill: var(--info); } .ops .bar .authorized { fill: var(--busy); }
.ops .bar line { stroke: var(--text); stroke-width: 3; }
.ops .legend { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; margin: .75rem 0 0; } .ops .legend > div { display: flex; gap: .5rem; align-items: center; }
.ops .legend dt { color: var(--soft); } .ops .legend dd { margin: 0; font-weight: 600; }
.ops .dot { display: inline-block; width: .7rem; height: .7rem; margin-inline-end: .4rem; border-radius: .2rem; background: var(--line); }
.ops .dot.kept { background: var(--good); } .ops .dot.excess { background: var(--bad); } .ops .dot.refunded { background: var(--info); } .ops .dot.authorized { background: var(--busy); }
.ops .dot.due { border: 1px solid var(--edge); }
.ops pre.says { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .875rem; }
.ops .needs { list-style: none; margin: 0; padding: 0; } .ops .needs li { display: flex; gap: .75rem; align-items: baseline; padding: .5rem 0; border-bottom: 1px solid var(--line); }
.ops .needs .count { min-width: 2.5rem; font-size: 1.25rem; font-weight: 680; text-align: end; font-variant-numeric: tabular-nums; }
.ops .chart { display: block; width: 100%; height: 12rem; } .ops .chart rect.money { fill: var(--accent); } .ops .chart rect.none { fill: var(--line); }
.ops .chart a:hover rect, .ops .chart a:focus rect { fill: var(--info); }
.ops .chart-days { display: flex; justify-content: space-between; color: var(--soft); font-size: .8125rem; }
`;
