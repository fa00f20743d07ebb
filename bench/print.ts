/** The benchmark's result for people: figures, and ratios against the floor. */
import type { BenchResult } from './run.ts';
import type { Measured } from './stage.ts';
import type { Percentiles } from './statistics.ts';

const show = ({ p50, p95, p99 }: Percentiles): string =>
  [p50, p95, p99].map((value) => value.toFixed(1)).join(' / ');

export function printResult({ measured, history, waiting }: BenchResult): string {
  const rows = measured.map((row) => [
    row.target,
    String(row.concurrency),
    row.invoices_per_s.toFixed(1),
    show(row.create_to_link_ms),
    show(row.webhook_to_paid_ms),
    show(row.webhook_ack_ms),
    Object.entries(row.cpu_ms_per_invoice)
      .map(([name, ms]) => `${name} ${ms}`)
      .join(', '),
  ]);
  const head = [
    '',
    'at',
    'invoices/s',
    'create→link ms',
    'webhook→paid ms',
    'webhook ack ms',
    'CPU ms per invoice',
  ];
  return [
    table([head, ...rows]),
    '(milliseconds: p50 / p95 / p99)',
    '',
    ...ratios(measured),
    '',
    history === null
      ? ''
      : `per invoice: ${history.events} history events (${history.bytes} bytes), ${history.workflow_tasks} workflow tasks, ` +
        `${history.local_activities} local activities, ${history.activities} activities, ${history.timers} timers`,
    ...(waiting
      ? [
          `${waiting.invoices} invoices waiting: ${Object.entries(waiting.grown_mb)
            .map(([name, mb]) => `${name} ${mb >= 0 ? '+' : ''}${mb} MB`)
            .join(', ')}`,
        ]
      : []),
  ].join('\n');
}

/** What is promised is a ratio: machines are noisy, the two are measured side by side. */
function ratios(measured: readonly Measured[]): string[] {
  return measured
    .filter(({ target }) => target === 'sarraf')
    .flatMap((ours) => {
      const floor = measured.find(
        ({ target, concurrency }) => target === 'floor' && concurrency === ours.concurrency,
      );
      if (!floor) return [];
      const rate = ours.invoices_per_s / floor.invoices_per_s;
      const link = ours.create_to_link_ms.p50 / floor.create_to_link_ms.p50;
      return [
        `at ${ours.concurrency}: ${rate.toFixed(2)} of the floor's invoices/s, create→link p50 ${link.toFixed(2)} × the floor's`,
      ];
    });
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
