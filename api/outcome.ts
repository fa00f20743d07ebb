/** How a request ends that made an object and had the invoice's workflow do something with it at a provider. */
import type { Response } from 'express';
import type pg from 'pg';
import { forgetKey, leaveOpen, storeAnswer, type IdempotencyClaim } from '../db/idempotency.ts';
import { sendJson } from './answer.ts';
import { contextOf } from './context.ts';
import { Problem, problemBody } from './problem.ts';

export type Outcome<Row> =
  /** Repetitions get the same answer. */
  | { readonly type: 'final'; readonly row: Row }
  | { readonly type: 'final'; readonly problem: Problem }
  /** Nothing was done anywhere: a repetition with the same key starts afresh. */
  | { readonly type: 'nothing_happened'; readonly problem: Problem }
  /** Not known yet: a repetition goes on with the same object. */
  | { readonly type: 'open'; readonly answer: Row | Problem };

/** How rows of one kind are answered. */
export interface Answering<Row> {
  readonly pool: pg.Pool;
  readonly publicUrl: string;
  /** The row as JSON. */
  readonly text: (row: Row) => string;
  /** The path under which it can be read again. */
  readonly location: (row: Row) => string;
}

/** Seconds after which somebody who waits for an open end may look again. */
const LOOK_AGAIN_S = '5';

/** Answers, after the idempotency key has been told what a repetition shall get. */
export async function answerOutcome<Row extends object>(
  { pool, publicUrl, text, location }: Answering<Row>,
  response: Response,
  outcome: Outcome<Row>,
  claim: IdempotencyClaim | null,
): Promise<void> {
  switch (outcome.type) {
    case 'final': {
      const status = 'problem' in outcome ? outcome.problem.status : 201;
      const { request_id } = contextOf(response);
      const body =
        'problem' in outcome ? problemBody(outcome.problem, request_id, publicUrl) : text(outcome.row);
      if (claim) await storeAnswer(pool, claim, { status, body });
      if ('problem' in outcome) throw outcome.problem;
      response.setHeader('Location', location(outcome.row));
      return sendJson(response, status, body);
    }
    case 'nothing_happened':
      if (claim) await forgetKey(pool, claim);
      throw outcome.problem;
    case 'open':
      if (claim) await leaveOpen(pool, claim);
      if (outcome.answer instanceof Problem) throw outcome.answer;
      response.setHeader('Location', location(outcome.answer));
      response.setHeader('Retry-After', LOOK_AGAIN_S);
      return sendJson(response, 202, text(outcome.answer));
  }
}
