/** The result of an audit for people. */
import type { AuditReport } from '../audit/index.ts';

/** One line per invariant, below it what does not hold, and the sum of it all at the end. */
export function auditLines(report: AuditReport, durationMs: number): string[] {
  const lines = report.findings.flatMap(({ title, count, violations }) => {
    if (count === 0) return [`✓ ${title}`];
    const more = count - violations.length;
    return [
      `✗ ${title}`,
      ...violations.map(({ about, message }) => `    ${about}: ${message}`),
      ...(more > 0 ? [`    … and ${more} more; --limit shows more of them`] : []),
    ];
  });
  const broken = report.findings.filter(({ count }) => count > 0).length;
  const checked = `${report.invoices} invoices checked in ${(durationMs / 1000).toFixed(1)} s`;
  const skipped = report.not_in_sandbox ?? 0;
  return [
    ...lines,
    '',
    ...(skipped > 0
      ? [
          `${skipped} payments are not in the simulators' books, which do not outlive the sandbox: not compared`,
        ]
      : []),
    ...(report.seals_checked
      ? []
      : ['API_KEY_PEPPER is not set: the audit chain was checked by its hashes, not by its seals']),
    ...(report.workflows_checked ? [] : ['the workflow engine was not asked']),
    broken === 0 ? `${checked}: everything holds` : `${checked}: ${broken} invariants do not hold`,
  ];
}
