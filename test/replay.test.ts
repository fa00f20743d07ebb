/**
 * The replay gate: workflow code of today must go exactly the way that recorded runs went. A change that fails here
 * would leave running invoices stuck; `histories/record.ts` says what to do about it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../worker/bundle.ts';

const FOLDER = join(__dirname, 'histories');

interface Saved {
  readonly workflowId: string;
  readonly history: { events: Record<string, unknown>[] };
}

let saved: Saved[];
let bundle: Awaited<ReturnType<typeof workflowBundle>>;

beforeAll(async () => {
  // A replay that fails on purpose would fill the test's output with its story.
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  bundle = await workflowBundle();
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  saved = await Promise.all(
    names.map(async (name) => ({
      workflowId: name,
      history: JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Saved['history'],
    })),
  );
}, 60_000);
afterAll(() => Runtime.instance().shutdown());

/** What went wrong, by history; null for one that went its way. */
async function replay(histories: readonly Saved[]): Promise<Record<string, string | null>> {
  const results: Record<string, string | null> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: bundle },
    histories,
  )) {
    results[workflowId] = error ? error.name : null;
  }
  return results;
}

it('has a run of every kind of workflow on file', async () => {
  const source = await readFile(join(__dirname, '../workflows/index.ts'), 'utf8');
  const kinds = [...source.matchAll(/^export \{ ([\w, ]+) \}/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  );
  const recorded = saved.map(({ history }) => {
    const started = history.events[0]?.['workflowExecutionStartedEventAttributes'] as
      | { workflowType: { name: string } }
      | undefined;
    return started?.workflowType.name ?? '';
  });
  expect(kinds.length).toBeGreaterThan(4);
  expect(new Set(recorded)).toEqual(new Set(kinds));
});

it('has the journey, cancellation, ends by time and a sweep on file', () => {
  const names = saved.map(({ workflowId }) => workflowId.replace('.json', ''));
  expect(names).toEqual(
    expect.arrayContaining([
      'qr-1',
      'again-1',
      'lost-1',
      'late-1',
      'crash-1',
      'canceled-1',
      'due-1',
      'due-2',
      'sweep',
    ]),
  );
});

it('replays every recorded history', async () => {
  const results = await replay(saved);
  expect(results).toEqual(Object.fromEntries(saved.map(({ workflowId }) => [workflowId, null])));
}, 60_000);

/** A copy of the first history that has an event of this type, with that event changed. */
function changed(eventType: string, change: (event: Record<string, unknown>) => object): Saved {
  for (const { history } of saved) {
    const index = history.events.findIndex((event) => event['eventType'] === eventType);
    if (index === -1) continue;
    const events = history.events.map((event, at) => (at === index ? { ...event, ...change(event) } : event));
    // Through JSON: a field that was taken away is gone.
    return { workflowId: 'changed', history: JSON.parse(JSON.stringify({ events })) as Saved['history'] };
  }
  throw new Error(`no history has ${eventType}`);
}

const DIFFERS = { changed: 'DeterminismViolationError' };

describe('the gate notices', () => {
  it('a local activity under another name', async () => {
    const renamed = changed('EVENT_TYPE_MARKER_RECORDED', (event) => {
      const text = JSON.stringify(event).replaceAll(/"data":"([^"]+)"/g, (_whole, data: string) => {
        const payload = Buffer.from(data, 'base64').toString();
        const other = payload.replace(/"activity_type":"\w+"/, '"activity_type":"somethingElse"');
        return `"data":"${Buffer.from(other).toString('base64')}"`;
      });
      return JSON.parse(text) as object;
    });
    expect(await replay([renamed])).toEqual(DIFFERS);
  }, 60_000);

  it('an ordinary activity under another name', async () => {
    const renamed = changed('EVENT_TYPE_ACTIVITY_TASK_SCHEDULED', (event) => ({
      activityTaskScheduledEventAttributes: {
        ...(event['activityTaskScheduledEventAttributes'] as object),
        activityType: { name: 'somethingElse' },
      },
    }));
    expect(await replay([renamed])).toEqual(DIFFERS);
  }, 60_000);

  it('a timer where the workflow does something else', async () => {
    const other = changed('EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', () => ({
      eventType: 'EVENT_TYPE_TIMER_STARTED',
      upsertWorkflowSearchAttributesEventAttributes: undefined,
      timerStartedEventAttributes: { timerId: '99', startToFireTimeout: '60s' },
    }));
    expect(await replay([other])).toEqual(DIFFERS);
  }, 60_000);
});
