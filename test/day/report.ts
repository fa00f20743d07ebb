/** The day in figures, for people. */
import type { Provider } from '../setup/shop.ts';
import type { TestStack } from '../setup/stack.ts';
import type { Course } from './course.ts';
import { FATES } from './plan.ts';

/** `wrong`: what the judge and the auditor have found. */
export async function reportOf(
  { pool }: TestStack,
  { entries, took_s }: Course,
  providers: readonly Provider[],
  wrong: readonly string[],
  seed: number,
): Promise<string> {
  const fates = FATES.map((fate) => `${entries.filter(({ plan }) => plan.fate === fate).length} ${fate}`);
  const met = entries.filter(({ plan }) => plan.outage !== null).length;
  const { rows } = await pool.query<{ what: string; count: number }>(`
    select 'invoices ' || status as what, count(*)::int as count from invoices group by 1
    union all select 'webhooks ' || state, count(*)::int from webhook_events group by 1
    union all select 'copies of webhooks', coalesce(sum(copies) - count(*), 0)::int from webhook_events
    union all select 'calls to providers', count(*)::int from provider_exchanges
    union all select 'of these reads', count(*)::int from provider_exchanges where operation like '%read%' or operation like '%get_payment%'
    union all select 'events', count(*)::int from invoice_events
    union all select 'entries in the ledger', count(*)::int from ledger_entries
    order by 1`);
  const parts = Object.entries(took_s).map(([part, seconds]) => `${part} ${seconds.toFixed(0)} s`);
  return [
    '',
    `${entries.length} invoices at ${providers.length} providers, seed ${seed}: ${fates.join(', ')}; ${met} met the outage`,
    ...rows.map(({ what, count }) => `${String(count).padStart(8)} ${what}`),
    `real time: ${parts.join(', ')}`,
    wrong.length === 0
      ? 'every invoice is right, and the auditor has found nothing'
      : `${wrong.length} findings:`,
    ...wrong.slice(0, 50),
    '',
  ].join('\n');
}
