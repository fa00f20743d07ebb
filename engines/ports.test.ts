import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { choosePort, freePort, isPortFree, LOOPBACK, PortTakenError } from './ports.ts';

describe('a port that was not asked for by number', () => {
  it('can be listened on', async () => {
    const port = await freePort();
    expect(await isPortFree(port)).toBe(true);
    expect(await choosePort(0, 'the API', 'API_PORT')).not.toBe(0);
    expect(await choosePort(null, 'the API', 'API_PORT')).not.toBe(0);
  });

  it('is none that the system would give to an outgoing connection before it is used', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(Math.max(...ports)).toBeLessThan(32_768);
    expect(Math.min(...ports)).toBeGreaterThan(1_023);
    expect(new Set(ports).size).toBeGreaterThan(40);
  });
});

describe('a port that was asked for', () => {
  let other: Server;
  let taken: number;
  beforeAll(async () => {
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, LOOPBACK, resolve));
    taken = (other.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => other.close(resolve)));

  it('is refused when something listens there, by number, purpose and variable', async () => {
    const refusal = choosePort(taken, 'the API', 'API_PORT');
    await expect(refusal).rejects.toThrow(PortTakenError);
    await expect(refusal).rejects.toThrow(
      `port ${taken} for the API is already in use: stop what listens there, or choose another port with API_PORT`,
    );
  });

  it('is taken as it is when it is free', async () => {
    const port = await freePort();
    expect(await choosePort(port, 'the API', 'API_PORT')).toBe(port);
  });
});
