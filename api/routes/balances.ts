/** What is where, by the ledger: by currency, ledger account and provider account of this merchant in this mode. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { readBalances, type BalanceRow } from '../../db/balances.ts';
import { addAmounts } from '../../domain/money.ts';
import { sendJson } from '../answer.ts';
import { ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { currencyCode } from '../fields.ts';
import { parseQuery } from '../query.ts';
import type { Shown } from '../schemas/parts.ts';
import type { balances } from '../schemas/reconciliation.ts';
import { shown } from '../shown.ts';

export const balanceQuery = z.strictObject({ currency: currencyCode().optional() });

export function balanceRoutes({ pool }: Pick<ApiDependencies, 'pool'>) {
  const read = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const { currency = null } = parseQuery(balanceQuery, request);
    const rows = await readBalances(pool, owner, currency);
    const data = [...groups(rows, (row) => row.currency)].map(([code, each]) => balance(code, each));
    const balanced = data.every((each) => each.balanced);
    sendJson(response, 200, JSON.stringify({ object: 'balances', mode: owner.mode, balanced, data }));
  };

  return { read };
}

function balance(currency: string, rows: readonly BalanceRow[]): Shown<typeof balances>['data'][number] {
  const total = sum(rows);
  return {
    object: 'balance',
    currency,
    balanced: total === 0,
    total: shown(total, currency),
    accounts: [...groups(rows, ({ account }) => account)].map(([account, parts]) => ({
      account,
      ...shown(sum(parts), currency),
      provider_accounts: parts.map(({ account_id, provider, label, amount }) => ({
        provider_account: account_id,
        provider,
        label,
        ...shown(amount, currency),
      })),
    })),
  };
}

const sum = (rows: readonly BalanceRow[]): number => addAmounts(rows.map(({ amount }) => amount));

/** In the order in which they come. */
function groups<Key>(rows: readonly BalanceRow[], keyOf: (row: BalanceRow) => Key): Map<Key, BalanceRow[]> {
  const found = new Map<Key, BalanceRow[]>();
  for (const row of rows) {
    const group = found.get(keyOf(row));
    if (group) group.push(row);
    else found.set(keyOf(row), [row]);
  }
  return found;
}
