import { TimeLimitError, withTimeLimit } from '../temporal/time-limit.ts';
import { isUnreachable, repeatDropped } from './gateway-errors.ts';

const refused = Object.assign(new Error('9 FAILED_PRECONDITION: workflow task was done again'), { code: 9 });
const unprocessed = Object.assign(new Error('Workflow Update failed'), {
  name: 'WorkflowUpdateFailedError',
  cause: Object.assign(new Error('it was not processed by the worker'), { type: 'UnprocessedUpdate' }),
});
const failed = Object.assign(new Error('Workflow Update failed'), {
  name: 'WorkflowUpdateFailedError',
  cause: Object.assign(new Error('no such payment'), { type: 'Error' }),
});

/** Throws each error once, in this order, and counts the calls. */
function failing(...errors: Error[]): { send: () => Promise<string>; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    async send() {
      calls += 1;
      const error = errors.shift();
      if (error) throw error;
      return 'answer';
    },
  };
}

describe('an update that the engine has dropped', () => {
  it.each([
    ['refused with "failed precondition"', refused],
    ['given back as not processed', unprocessed],
  ])('is sent again when it was %s', async (_how, error) => {
    const { send, calls } = failing(error, error);
    expect(await repeatDropped(send)).toBe('answer');
    expect(calls()).toBe(3);
  });

  it('is given up after five attempts, with the last error', async () => {
    const { send, calls } = failing(...Array(9).fill(unprocessed));
    await expect(repeatDropped(send)).rejects.toBe(unprocessed);
    expect(calls()).toBe(5);
  });

  it('is not one that failed in the workflow: that is not sent again', async () => {
    const { send, calls } = failing(failed);
    await expect(repeatDropped(send)).rejects.toBe(failed);
    expect(calls()).toBe(1);
  });
});

it('a call that takes too long counts as an engine that cannot be reached', async () => {
  const error: unknown = await withTimeLimit(5, new Promise(() => undefined)).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TimeLimitError);
  expect(isUnreachable(error)).toBe(true);
});
