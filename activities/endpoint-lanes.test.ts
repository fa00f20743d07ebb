import { createEndpointLanes, type EndpointLanes, type Place } from './endpoint-lanes.ts';

const taken = (place: Place) => {
  if (!place.taken) throw new Error('there was no room');
  return place;
};
const take = (lanes: EndpointLanes, count: number, endpoint = 'whe_1') =>
  Promise.all(Array.from({ length: count }, async () => taken(await lanes.enter(endpoint))));

it('has room for a burst at an endpoint that answers', async () => {
  const lanes = createEndpointLanes();
  const places = await take(lanes, 16);
  const waiting = take(lanes, 16);
  for (const { leave } of places) leave(40);
  expect(await waiting).toHaveLength(16);
});

it('leaves an endpoint that is slow with two at a time, until it is quick again', async () => {
  const lanes = createEndpointLanes();
  for (const { leave } of await take(lanes, 16)) leave(15_000);
  const [first] = await take(lanes, 2);
  expect(await lanes.enter('whe_1')).toMatchObject({ taken: false });
  expect(await take(lanes, 16, 'whe_2')).toHaveLength(16);
  first?.leave(30);
  expect(await take(lanes, 15)).toHaveLength(15);
});

it('calls back those it has sent away one after the other, at the pace at which places become free', async () => {
  const lanes = createEndpointLanes(() => 0);
  for (const { leave } of await take(lanes, 16)) leave(15_000);
  await take(lanes, 2);
  const turns: number[] = [];
  for (let count = 0; count < 100; count += 1) {
    const place = await lanes.enter('whe_1');
    if (!place.taken) turns.push(place.turn_ms);
  }
  expect(turns.slice(0, 3)).toEqual([8_500, 16_000, 23_500]);
  expect(turns.at(-1)).toBe(600_000);
});
