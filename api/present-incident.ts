/** Incidents of provider accounts as the API shows them. */
import type { IncidentRow } from '../db/incidents.ts';
import type { incident } from './schemas/account.ts';
import type { Shown } from './schemas/parts.ts';

export function presentIncident(row: IncidentRow): Shown<typeof incident> {
  return {
    object: 'incident',
    id: row.id,
    mode: row.mode,
    status: statusOf(row),
    provider_account: row.account_id,
    provider: row.provider,
    cause: row.cause,
    detail: incidentDetail(row),
    since: row.opened_at,
    recovered_at: row.recovered_at,
    recovery: row.recovery,
  };
}

export const statusOf = ({ recovered_at }: IncidentRow) => (recovered_at === null ? 'open' : 'recovered');

/** What happened, for people. */
export function incidentDetail({ failures, detail }: Pick<IncidentRow, 'failures' | 'detail'>): string {
  if (detail !== null) return detail;
  return `${failures} calls failed within half a minute, so calls with the account are refused until one is answered`;
}
