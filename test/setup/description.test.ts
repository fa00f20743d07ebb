import { connectors } from '../../providers/index.ts';
import { examples } from '../../api/openapi/examples.ts';
import { answerCheck, webhookCheck } from './description.ts';

const event = examples['readEvent']?.answer as Readonly<Record<string, unknown>>;
const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' };

describe('the check of webhooks', () => {
  const check = webhookCheck(connectors);

  it('lets pass what is described, with the names of an alias, too', () => {
    expect(() => check({ headers, event })).not.toThrow();
    const data = { code: 'x', ...(event['data'] as object) };
    const aliased = { headers, event: { ...event, type: 'X', event_type: event['type'], data } };
    expect(() => check(aliased)).not.toThrow();
  });

  it.each([
    ['a field more', { ...event, more: 1 }, /additional properties/],
    ['a field less', { ...event, mode: undefined }, /mode/],
    ['a type that there is not', { ...event, type: 'invoice.lost' }, /no such type/],
    ['an object of another type', { ...event, type: 'case.opened' }, /data\/object/],
  ])('refuses %s', (_what, wrong, complaint) => {
    expect(() => check({ headers, event: JSON.parse(JSON.stringify(wrong)) as typeof event })).toThrow(
      complaint,
    );
  });

  it('refuses one without a signature', () => {
    expect(() => check({ headers: { ...headers, 'webhook-signature': undefined }, event })).toThrow(
      'without webhook-signature',
    );
  });
});

it('holds events among answers against the webhooks of their types', () => {
  const check = answerCheck(connectors);
  const answer = (value: object) => {
    check({
      method: 'GET',
      path: '/v1/events',
      status: 200,
      contentType: 'application/json',
      text: JSON.stringify({ object: 'list', data: [value], has_more: false }),
    });
  };
  answer(event);
  expect(() => answer({ ...event, type: 'case.opened' })).toThrow('an event');
});
