/**
 * The merchant's bank accounts at Finan. Paths and filters are documented (open.finan.one "account management");
 * the fields of an account beyond `id`, `account_number` and `qr_code` are a minimal guess.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import { buildVietQr } from '../../sandbox/vietqr.ts';
import { errorReply, success } from './sandbox-envelope.ts';
import { parseJsonObject } from './sandbox-requests.ts';

export interface BankAccount {
  readonly id: string;
  readonly bank_code: string;
  readonly bank_name: string;
  readonly bin: string;
  readonly account_name: string;
  readonly account_number: string;
  /** What virtual account numbers at this bank begin with. */
  readonly virtual_prefix: string;
  readonly master_account_id: string | null;
}

const SHINHAN_ACCOUNT_ID = '6f1d4d0a-52b7-4c0e-9d4b-0f4a3f3f9d21';

/** MB is what a payment uses when it names no account; Shinhan must be asked for by `account_id`. */
export function merchantAccounts(mbAccountId: string): readonly BankAccount[] {
  const owner = { account_name: 'CONG TY SARRAF SANDBOX', master_account_id: null };
  return [
    {
      id: mbAccountId,
      bank_code: 'MB',
      bank_name: 'MB',
      bin: '970422',
      account_number: '0933450210',
      virtual_prefix: '9704',
      ...owner,
    },
    {
      id: SHINHAN_ACCOUNT_ID,
      bank_code: 'SHBVN',
      bank_name: 'Shinhan',
      bin: '970424',
      account_number: '700012345678',
      virtual_prefix: '9814',
      ...owner,
    },
  ];
}

/** An account as the API shows it; `qr_code` is a static code without an amount. */
function accountJson(account: BankAccount): Record<string, unknown> {
  const { id, bank_code, bank_name, account_name, account_number, master_account_id } = account;
  return {
    id,
    bank_code,
    bank_name,
    account_name,
    account_number,
    ...(master_account_id === null ? {} : { master_account_id }),
    qr_code: buildVietQr({ bin: account.bin, accountNumber: account_number, amount: null, remark: null }),
  };
}

/** `route` wraps a handler in the signature check. */
export function accountRoutes(
  route: (
    method: string,
    path: string,
    operation: string,
    handle: (request: SimulatorRequest) => Reply,
  ) => Route,
  accounts: BankAccount[],
): Route[] {
  const filtered = (request: SimulatorRequest, onlyMaster: boolean): Reply => {
    const id = request.query.get('id');
    const number = request.query.get('account_number');
    const found = accounts.filter(
      (account) =>
        (!onlyMaster || account.master_account_id === null) &&
        (!id || account.id === id) &&
        (!number || account.account_number === number),
    );
    return success(102000, found.map(accountJson));
  };
  return [
    route('GET', '/api/v1/master-bank-accounts', 'master_bank_accounts', (request) =>
      filtered(request, true),
    ),
    route('GET', '/api/v1/bank-accounts', 'bank_accounts', (request) => filtered(request, false)),
    route('GET', '/api/v1/bank-accounts/:id', 'bank_account', (request) => {
      const account = accounts.find(({ id }) => id === request.param('id'));
      return account === undefined
        ? errorReply(404, 'bank account not found')
        : success(102000, accountJson(account));
    }),
    route('POST', '/api/v1/bank-accounts', 'create_bank_account', (request) => {
      const body = parseJsonObject(request.rawBody);
      if (!body.ok) return errorReply(400, body.message);
      const { master_account_id: masterId, account_name: name, account_number: number } = body.value;
      const master = accounts.find(
        ({ id, master_account_id }) => id === masterId && master_account_id === null,
      );
      if (master === undefined)
        return errorReply(400, 'master_account_id is not one of your master bank accounts');
      const account: BankAccount = {
        ...master,
        id: randomUUID(),
        account_name: typeof name === 'string' ? name : master.account_name,
        account_number: typeof number === 'string' ? number : master.account_number,
        master_account_id: master.id,
      };
      accounts.push(account);
      return success(102001, accountJson(account));
    }),
  ];
}
