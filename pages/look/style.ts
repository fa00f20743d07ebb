/** The style sheet of all pages: tokens first, then the bare elements, then the components in the order of `components.ts`. */
import { DARK, LIGHT, properties } from './tokens.ts';

const BASE = `
:root { color-scheme: light dark; ${properties(LIGHT)} --radius: .75rem; --shadow: 0 1px 2px #14201b0d, 0 8px 28px #14201b12; }
@media (prefers-color-scheme: dark) { :root { ${properties(DARK)} --shadow: none; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
@media (min-width: 180rem) { html { font-size: 137.5%; } }
body { margin: 0; min-height: 100vh; min-height: 100dvh; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif; }
h1, h2, h3 { margin: 0 0 .5rem; line-height: 1.3; text-wrap: balance; }
h1 { font-size: 1.375rem; } h2 { font-size: 1.0625rem; } h3 { font-size: 1rem; }
p { margin: 0 0 1rem; } ul, ol { margin: 0 0 1rem; padding-inline-start: 1.25rem; }
a { color: var(--accent-text); text-underline-offset: .15em; }
.soft { color: var(--soft); } .small { font-size: .875rem; } .center { text-align: center; }
.good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); } .info { color: var(--info); }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 3px solid var(--info); outline-offset: 2px; }
[hidden] { display: none !important; }
code, .code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; font-size: .95em; }
.icon { width: 1.25rem; height: 1.25rem; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; }
.icon.large { display: block; width: 3.5rem; height: 3.5rem; margin: 0 auto .75rem; stroke-width: 1.15; }
[dir="rtl"] .icon.turns { transform: scaleX(-1); }
@media (prefers-reduced-motion: no-preference) { .turning { animation: turn 1.6s linear infinite; transform-origin: 50% 50%; } }
@keyframes turn { to { transform: rotate(360deg); } }
`;

const COMPONENTS = `
.card { padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; box-shadow: var(--shadow); }
.card > :last-child { margin-bottom: 0; }
.button { display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%; min-height: 3rem; margin: .75rem 0 0;
  padding: .7rem 1rem; border: 1px solid var(--edge); border-radius: var(--radius); background: var(--card); color: var(--text);
  font: inherit; font-weight: 600; line-height: 1.3; text-align: center; text-decoration: none; cursor: pointer; }
.button:hover { background: var(--sunken); }
.button.main { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.button.main:hover { filter: brightness(1.08); }
.button.danger { border-color: var(--bad); color: var(--bad); }
.button.inline { display: inline-flex; width: auto; min-height: 2.75rem; margin: 0; padding: .4rem .75rem; font-size: .875rem; }
.button[aria-disabled="true"], .button:disabled { opacity: .6; cursor: default; }
.field { margin: 0 0 1rem; }
.field label { display: block; margin-bottom: .25rem; font-weight: 600; }
.field input, .field select, .field textarea { width: 100%; min-height: 3rem; padding: .6rem .75rem; border: 1px solid var(--edge);
  border-radius: var(--radius); background: var(--card); color: var(--text); font: inherit; }
.field :is(input, select, textarea)[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
.field .hint, .field .error { margin: .25rem 0 0; font-size: .875rem; } .field .hint { color: var(--soft); }
.field .error { color: var(--bad); font-weight: 600; }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; background: var(--sunken); color: var(--soft);
  font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.badge.good, .notice.good { background: var(--good-wash); color: var(--good); }
.badge.bad, .notice.bad { background: var(--bad-wash); color: var(--bad); }
.badge.busy, .notice.busy { background: var(--busy-wash); color: var(--busy); }
.badge.info, .notice.info { background: var(--info-wash); color: var(--info); }
.notice { display: flex; gap: .75rem; margin: 0 0 1.25rem; padding: .875rem 1rem; border-radius: var(--radius); }
.notice .icon { margin-top: .15rem; } .notice p { margin: 0; } .notice strong { display: block; }
.notice .words { min-width: 0; overflow-wrap: anywhere; }
.amount { font-variant-numeric: tabular-nums; white-space: nowrap; }
.amount.large { margin: .25rem 0; font-size: 2rem; font-weight: 680; line-height: 1.2; letter-spacing: -.01em; white-space: normal; }
.facts { margin: 1.25rem 0; border-top: 1px solid var(--line); font-size: .9375rem; }
.facts > div { display: flex; justify-content: space-between; gap: 1rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
.card > .facts:first-child, .columns > .card > .facts:first-child { margin-top: -.625rem; border-top: 0; }
.card > .facts:last-child > :last-child { border-bottom: 0; padding-bottom: 0; }
.facts dt { flex: none; max-width: 55%; color: var(--soft); } .facts dd { margin: 0; min-width: 0; text-align: end; overflow-wrap: anywhere; }
.facts .total { font-weight: 650; } .facts .total dt { color: inherit; }
.copyables { margin: 1rem 0; }
.copyables > div { display: grid; grid-template-columns: 1fr auto; column-gap: .75rem; align-items: center; padding: .625rem 0;
  border-bottom: 1px solid var(--line); }
.copyables dt { grid-column: 1; color: var(--soft); font-size: .875rem; } .copyables dd { margin: 0; font-weight: 600; overflow-wrap: anywhere;
  min-width: 0; } .copyables dd.no-print { grid-area: 1 / 2 / 3 / 3; }
.table { overflow-x: auto; } .table table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
.table caption { padding-bottom: .5rem; font-weight: 600; text-align: start; }
.table th, .table td { padding: .6rem .75rem; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
.table th { color: var(--soft); font-size: .8125rem; font-weight: 600; } .table .number { text-align: end; font-variant-numeric: tabular-nums; }
.empty { padding: 2rem 1rem; text-align: center; color: var(--soft); }
.rule { display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; color: var(--soft); font-size: .875rem; }
.rule::before, .rule::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
details > summary { min-height: 2.75rem; padding: .6rem 0; color: var(--accent-text); font-weight: 600; cursor: pointer; }
`;

const LAYOUTS = `
.narrow { display: grid; place-items: center; padding: 1rem; }
.narrow > main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; text-align: center; }
.narrow > main p:not(.amount) { color: var(--soft); }
.wide > main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem; }
@media (forced-colors: active) { .button, .badge, .notice { border: 1px solid; } }
@media print { body { background: none; min-height: 0; } .card { border: 0; box-shadow: none; padding: 0; } .no-print { display: none !important; } }
`;

/** Everything that pages have in common. */
export const LOOK = BASE + COMPONENTS + LAYOUTS;
