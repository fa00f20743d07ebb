/** What the documentation's pages have beyond the look that all pages share. */

export const DOCS_STYLE = `
.docs .top { position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: 1rem; padding: .75rem 1rem; background: var(--card);
  border-bottom: 1px solid var(--line); }
.docs .top > a { color: var(--text); font-weight: 700; text-decoration: none; white-space: nowrap; }
.docs .search { position: relative; flex: 1; max-width: 28rem; margin-inline-start: auto; }
.docs .search input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: var(--radius);
  background: var(--card); color: var(--text); font: inherit; }
.docs .search ul { position: absolute; inset-inline: 0; max-height: 70vh; margin: .25rem 0 0; padding: .5rem; overflow: auto; list-style: none;
  background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.docs .search li a { display: block; padding: .5rem; border-radius: .5rem; text-decoration: none; }
.docs .search li a:hover, .docs .search li a:focus { background: var(--sunken); }
.docs .search small { display: block; color: var(--soft); }
.docs .columns { display: grid; gap: 2rem; max-width: 80rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
.docs .columns > * { min-width: 0; }
.docs nav h2 { margin: 1.25rem 0 .25rem; color: var(--soft); font-size: .8125rem; }
.docs nav ul { margin: 0; padding: 0; list-style: none; }
.docs nav li a { display: block; padding: .3rem .5rem; border-radius: .5rem; color: var(--text); text-decoration: none; }
.docs nav li a:hover { background: var(--sunken); }
.docs nav li a[aria-current] { background: var(--good-wash); color: var(--accent-text); font-weight: 600; }
.docs h1 { font-size: 1.75rem; } .docs main h2 { margin: 2.25rem 0 .75rem; font-size: 1.25rem; }
.docs main h3 { margin: 1.75rem 0 .5rem; font-size: 1.0625rem; }
.docs :is(h1, h2, h3, h4)[id], .docs [id].operation, .docs dt[id] { scroll-margin-top: 5rem; }
.docs .anchor { color: var(--soft); font-weight: 400; text-decoration: none; opacity: 0; }
.docs :is(h2, h3, h4):hover .anchor, .docs .anchor:focus { opacity: 1; }
.docs main li { margin-bottom: .25rem; }
.docs :not(pre) > code { padding: .1em .3em; border-radius: .3em; background: var(--sunken); overflow-wrap: anywhere; }
.docs .card :not(pre) > code { background: var(--sunken); }
.docs .code-block { position: relative; margin: 0 0 1rem; }
.docs pre { margin: 0; padding: 1rem; overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius);
  font-size: .875rem; line-height: 1.5; }
.docs .code-block .button { position: absolute; inset-block-start: .4rem; inset-inline-end: .4rem; min-height: 2rem; padding: .2rem .6rem; }
.docs .table { margin: 0 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
.docs td:first-child > code { white-space: nowrap; }
.docs .verb { font-weight: 700; text-transform: uppercase; }
.docs .operation { margin: 0 0 2.5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
.docs .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; margin: 0 0 1.5rem; padding: 0; list-style: none; }
.docs .tiles a { display: block; height: 100%; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
.docs .deep-1 { padding-inline-start: 1.75rem; } .docs .deep-2 { padding-inline-start: 2.75rem; } .docs .deep-3 { padding-inline-start: 3.75rem; }
.docs details.menu > summary { padding: .25rem 0; }
.docs .skip { position: absolute; inset-inline-start: -100vw; } .docs .skip:focus { inset-inline-start: 1rem; top: 1rem; z-index: 3; background: var(--card); }
@media (min-width: 60rem) {
  .docs .columns { grid-template-columns: 15rem minmax(0, 1fr); }
  .docs .columns > nav { position: sticky; top: 5rem; align-self: start; max-height: calc(100vh - 6rem); overflow: auto; }
  .docs details.menu[open] > summary { display: none; }
}
`;
