/** What only the checkout page has: the sheet of paper in two parts, the list of services, the code, the bar of the sandbox. */
export const CHECKOUT_STYLE = `
.pay { display: flex; flex-direction: column; min-height: 100dvh; }
.pay > main { width: calc(100% - 1.5rem); max-width: 27rem; margin: 1rem auto 1.5rem; flex: none; padding: 0; overflow: hidden; }
.pay .order { padding: 1.25rem 1.25rem 1rem; border-bottom: 1px solid var(--line); }
.pay .doing { padding: 1.5rem 1.25rem; min-width: 0; }
.merchant { display: flex; align-items: center; gap: .75rem; margin-bottom: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.merchant img, .merchant .initial { flex: none; width: 2.5rem; height: 2.5rem; border-radius: .625rem; object-fit: contain; }
.merchant .initial { display: grid; place-items: center; background: var(--accent); color: var(--on-accent); font-size: 1.125rem; }
.order .label { margin: 0; color: var(--soft); font-size: .875rem; }
.order .facts { margin: .25rem 0 0; border-top: 0; } .order .facts > div:last-child { border-bottom: 0; }
.services { display: grid; gap: .625rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.service { display: flex; align-items: center; gap: .875rem; width: 100%; min-height: 4rem; padding: .75rem .875rem; border: 1px solid var(--edge);
  border-radius: var(--radius); background: var(--card); color: var(--text); font: inherit; text-align: start; text-decoration: none; cursor: pointer; }
.service:hover:not(.off) { border-color: var(--accent-text); background: var(--sunken); }
.service .words { flex: 1; min-width: 0; } .service strong { display: block; line-height: 1.3; overflow-wrap: anywhere; }
.service .words span { color: var(--soft); font-size: .875rem; line-height: 1.35; } .service .icon { color: var(--soft); }
.service.off { background: var(--sunken); cursor: default; } .service.off .mark { opacity: .5; }
.mark { flex: none; width: 2.5rem; height: 2.5rem; } .mark text { fill: #fff; font: 700 16px system-ui, sans-serif; }
.doing > .mark { display: block; margin: 0 auto .75rem; width: 3rem; height: 3rem; }
.doing h1 { text-align: center; } .doing form > .field:first-of-type { margin-top: 1.25rem; } .doing > p.lead { color: var(--soft); text-align: center; }
.qr { width: min(100%, 17rem); margin: 1rem auto; padding: .5rem; background: #fff; border: 1px solid var(--line); border-radius: var(--radius); }
.qr svg, .qr img { display: block; width: 100%; height: auto; } .qr img { image-rendering: pixelated; }
.big-code { margin: 0 0 .5rem; font-size: 1.5rem; letter-spacing: .06em; font-weight: 650; text-align: center; overflow-wrap: anywhere; }
.waits { display: flex; align-items: center; justify-content: center; gap: .5rem; margin: 1.25rem 0 0; color: var(--soft); font-size: .875rem; }
.waits .turning-dot { flex: none; width: .625rem; height: .625rem; border-radius: 50%; background: var(--good); }
@media (prefers-reduced-motion: no-preference) { .waits .turning-dot { animation: pulse 1.8s ease-in-out infinite; } }
@keyframes pulse { 50% { opacity: .25; } }
.until { margin: 1rem 0 0; text-align: center; font-size: .875rem; color: var(--soft); } .until time { color: var(--text); font-weight: 650;
  font-variant-numeric: tabular-nums; }
.pay > footer { width: 100%; max-width: 27rem; margin: 0 auto; padding: 0 1.25rem 2rem; color: var(--soft); font-size: .875rem; text-align: center; }
.languages { display: flex; flex-wrap: wrap; justify-content: center; gap: .125rem .25rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.languages a { display: inline-block; min-height: 2.75rem; padding: .6rem .3rem; color: var(--soft); }
.languages a[aria-current] { color: var(--text); font-weight: 650; text-decoration: none; }
.test-bar { padding: .625rem 1rem; background: var(--busy-wash); color: var(--busy); font-size: .875rem; text-align: center; }
.test-bar p { margin: 0; } .test-bar form { display: flex; flex-wrap: wrap; justify-content: center; gap: .5rem; margin-top: .5rem; }
.test-bar .button { border-color: currentColor; background: transparent; color: inherit; }
.test-bar summary { display: inline-block; color: inherit; }
@media (min-width: 60rem) {
  .pay > main, .pay > footer { max-width: 58rem; } .pay > main { display: grid; grid-template-columns: 22rem 1fr; margin-top: 3.5rem; }
  .pay .order { border-bottom: 0; border-inline-end: 1px solid var(--line); background: var(--sunken); padding: 2.25rem 2rem; }
  .pay .doing { padding: 2.25rem 2.5rem 2.5rem; } .pay .doing > * { max-width: 26rem; margin-inline: auto; }
}
@media print { .pay > main { display: block; margin: 0; } .pay .order { background: none; padding: 0 0 1rem; border: 0; } .pay .doing { padding: 0; } }
`;
