/** The look of JSON grids, steps and small charts. */

export const RECORD_LOOK = `
.ops .json-tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: .5rem; } .ops .json-tools[hidden] { display: none; }
.ops .json-grid { overflow-x: auto; } .ops .json-grid table { border-collapse: collapse; width: auto; min-width: 0; font-size: .875rem; }
.ops .json-grid th, .ops .json-grid td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: start; vertical-align: top; font-size: .875rem; }
.ops .json-grid th { color: var(--soft); font-weight: 600; background: var(--sunken); white-space: nowrap; }
.ops .json-grid td { max-width: 40rem; overflow-wrap: anywhere; min-width: 3rem; } .ops .json-grid td > table { margin: -.3rem -.5rem; }
.ops .json-value { color: var(--text); font-weight: 600; }
.ops .copy-path { border: 0; padding: .25rem .4rem; min-height: 1.5rem; border-radius: .35rem; background: none; color: var(--soft); font: inherit; font-size: .75rem; font-weight: 400; cursor: pointer; text-decoration: underline; }
.ops .copy-path[hidden] { display: none; } .ops .copy-path:hover { color: var(--text); }
.ops pre.raw { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--sunken); padding: .75rem; border-radius: .5rem; max-height: 30rem; overflow: auto; margin: .5rem 0 0; }
.ops summary { cursor: pointer; padding: .5rem 0; }
.ops .steps { list-style: none; margin: 0; padding: 0; counter-reset: step; } .ops .steps li { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .5rem 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
@media (max-width: 30rem) { .ops .steps li { grid-template-columns: minmax(0, 1fr); } }
.ops .spark { display: block; width: 100%; height: 5rem; } .ops .spark rect { fill: var(--accent); } .ops .spark rect.failed { fill: var(--bad); }
.ops .scale { display: flex; justify-content: space-between; gap: 1rem; color: var(--soft); font-size: .8125rem; }
.ops .file { display: block; margin: .35rem 0; max-width: 100%; }
.ops .compared td, .ops .compared th { min-width: 10rem; } .ops .compared th { text-transform: none; } .ops .compared tbody th { color: var(--text); position: static; background: none; }
.ops .compared tbody th .mono { display: block; font-weight: 400; } .ops .compared .when { font-weight: 400; }
.ops ol.plain { margin: 0; }
.ops .figures { margin: 0; } .ops .figures > div { display: flex; flex-wrap: wrap; gap: 0 .5rem; } .ops .figures dt { min-width: 5.5rem; color: var(--soft); } .ops .figures dd { margin: 0; }
`;
