/** Every provider's simulator is asked with the right credentials, and with each secret of its calls changed. */
import { useRig } from '../test/setup/provider-rig.ts';
import { connectors } from './index.ts';
import { tryCredentials } from './try-credentials.ts';

/** What a call proves; the rest (secrets of webhooks, names) it does not. A provider that is not here fails. */
const PROVED: Readonly<Record<string, readonly string[]>> = {
  fapshi: ['apiuser', 'apikey'],
  fib: ['client_id', 'client_secret'],
  finan: ['client_id', 'secret'],
  furatpay: ['api_key'],
  myfatoorah: ['token'],
  rehive: ['token'],
  tabby: ['secret_key'],
  tamara: ['api_token'],
  zaincash: ['client_id', 'client_secret'],
  zaincash_v1: ['merchant_id', 'secret'],
};

describe.each(connectors.map((connector) => [connector.manifest.provider, connector] as const))(
  'the credentials of %s',
  (provider, connector) => {
    const rig = useRig(connector);
    const proved = PROVED[provider] ?? [];

    const changed = (name: string): ReturnType<typeof rig.context> => {
      const right = rig.simulator.credentials;
      const wrong = (right[name] ?? '').replaceAll(/[a-z]/g, (letter) => (letter === 'a' ? 'b' : 'a'));
      const other = wrong === right[name] ? wrong.replaceAll(/\d/g, '7') : wrong;
      expect(other).not.toBe(right[name]);
      const credentials = connector.credentials.parse({ ...right, [name]: other });
      return rig.context({ account: { ...rig.context().account, credentials } });
    };

    it('are accepted when they are right, and nothing comes of it', async () => {
      expect(proved).not.toEqual([]);
      expect(await tryCredentials(connector, rig.context())).toEqual({ verdict: 'accepted' });
      expect(rig.simulator.ledger.lines()).toEqual([]);
    });

    it.each(proved)('are rejected when %s is wrong', async (name) => {
      expect(await tryCredentials(connector, changed(name))).toMatchObject({
        verdict: 'rejected',
        failure: { kind: 'bad_credentials' },
      });
    });

    it('are undecided while the provider does not answer', async () => {
      rig.simulator.faults.arm(
        { kind: 'status', status: 503 },
        { times: -1, operation: null, probability: 1 },
      );
      expect(await tryCredentials(connector, rig.context())).toMatchObject({ verdict: 'undecided' });
    });
  },
);
