/** Cases in answers. */
import { z } from 'zod';
import { CASE_DECISIONS } from '../../domain/cases.ts';
import { DIFFERENCE_DECISIONS } from '../../domain/reconciliation.ts';
import { currency, display, id, minor, named, object, text, time } from './parts.ts';

const POSSIBLE = { ...CASE_DECISIONS, ...DIFFERENCE_DECISIONS };
type Kind = keyof typeof POSSIBLE;
type Decision = (typeof POSSIBLE)[Kind][number];

const decision = () => z.enum([...new Set(Object.values(POSSIBLE).flat())] as [Decision, ...Decision[]]);

export const caseSchema = named(
  'Case',
  'What nobody but a person can decide.',
  object({
    object: z.literal('case'),
    id: id('case'),
    kind: z.enum(Object.keys(POSSIBLE) as [Kind, ...Kind[]]),
    status: z.enum(['open', 'resolved']),
    invoice: id('inv').nullable(),
    payment: id('pay').nullable(),
    operation: id('cap', 'void', 'rfd').nullable(),
    amount: minor(),
    display: display().nullable(),
    currency: currency().nullable(),
    provider_account: id('pacc').nullable(),
    provider_payment_id: text().nullable(),
    reconciliation_run: id('rec').nullable(),
    reconciliation_row: id('rcr').nullable(),
    possible_decisions: z.array(decision()),
    decision: decision().nullable(),
    reason: text().nullable(),
    resolved_by: text('The name of whoever has decided.').nullable(),
    opened_at: time(),
    resolved_at: time().nullable(),
  }),
);
