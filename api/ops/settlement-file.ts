/** A settlement file that a person sends: a run with what it says. */
import { isId, newId } from '../../db/ids.ts';
import { leaveNote } from '../../db/ops-record.ts';
import { findProviderAccount } from '../../db/provider-accounts.ts';
import { findRun, type NewRun } from '../../db/reconciliation-runs.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound, Problem } from '../problem.ts';
import { importFile } from '../settlement-import.ts';
import { createStartRun } from '../start-run.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import { dayIn } from './days.ts';
import type { OpsAction, Visit } from './page.ts';

/** The same form sent twice makes one run; a file that cannot be read leaves nothing behind. */
export function settlementFile(dependencies: ApiDependencies): OpsAction {
  const { pool, now, connectors } = dependencies;
  const startRun = createStartRun(dependencies);
  const find = async (visit: Visit) => {
    const owner = await mustOwn(dependencies, visit, 'pacc');
    const account = await findProviderAccount(pool, owner, visit.params['id'] ?? '');
    if (account === null) throw notFound('provider account');
    return { account, owner };
  };
  return {
    path: '/ops/providers/:id/settlement-file',
    role: 'operator',
    takesFile: true,
    async ask(visit) {
      const { account } = await find(visit);
      return {
        title: `Send a settlement file of ${account.provider}?`,
        text: about(
          'Its rows are compared with what is on record, and what has reached the bank is booked. A row that an earlier file had brought changes nothing. Columns are those of the account, or else ours (docs/reconciliation.md).',
          [['Account', `${account.provider} (${account.label})`]],
        ),
        fields: [
          { name: 'file', label: 'File (CSV)', type: 'file', required: true },
          {
            name: 'day',
            label: 'Day (UTC)',
            type: 'date',
            value: new Date(now() - 86_400_000).toISOString().slice(0, 10),
            required: true,
            hint: 'Which day’s payments it is about',
          },
        ],
        hidden: { run: newId('rec') },
        button: { label: 'Send it', isDanger: false },
        back: visit.href(`/ops/providers/${account.id}`),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { account, owner } = await find(visit);
      const id = form.get('run') ?? '';
      if (!isId('rec', id))
        throw new Problem('malformed_request', 'the form is incomplete: go back and open it again');
      const run: NewRun = {
        id,
        ...owner,
        account_id: account.id,
        day: dayIn(form.get('day') ?? '', now()),
        source: 'file',
        // A payment of the day that the file does not have may be in the next one.
        is_complete: false,
        requested_by: visit.operator.name,
        created_at: new Date(now()).toISOString(),
      };
      if ((await findRun(pool, owner, id)) === null) {
        const manifest = connectors.find((one) => one.manifest.provider === account.provider)?.manifest;
        const answer = { status: 202, body: '' };
        const file = { run, account, manifest, answer, claimFor: () => null };
        await importFile(pool, visit.request, file).catch(sayWhere);
        const details = { provider_account: account.id, day: run.day, source: 'file' };
        await leaveNote(pool, owner, 'reconciliation.run_started', id, noteOf(visit, reason, details));
      }
      await startRun(id);
      return {
        tone: 'busy',
        said: 'The file has come in; this page shows what it says.',
        href: visit.href(`/ops/reconciliation/${id}`),
      };
    },
  };
}

const TOLD = 10;

/** What is wrong in the file belongs to no field of the form: it is said in words, line by line. */
function sayWhere(error: unknown): never {
  if (!(error instanceof Problem) || error.errors === undefined) throw error;
  const lines = error.errors.slice(0, TOLD).map(({ pointer, detail }) => `${pointer} ${detail}`);
  throw new Problem(error.code, `${error.message}: ${lines.join('; ')}`);
}
