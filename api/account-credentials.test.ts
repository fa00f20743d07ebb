import { connectorFor } from '../providers/index.ts';
import { credentialFields, credentialNames, withoutSecrets } from './account-credentials.ts';

it('tells which credentials are set, never what they are', () => {
  const names = credentialNames(connectorFor('fapshi'), () => ({ apiuser: 'u', apikey: 'k' }));
  expect(names).toEqual({ set: ['apiuser', 'apikey'], unset: ['webhook_secret'] });
});

it('tells nothing of credentials that cannot be decrypted', () => {
  const locked = (): never => {
    throw new Error('sealed with another key');
  };
  expect(credentialNames(connectorFor('fapshi'), locked)).toBeNull();
});

it('describes each credential of a provider', () => {
  expect(credentialFields(connectorFor('finan'))).toEqual([
    { name: 'client_id', description: expect.stringContaining('Client ID') },
    { name: 'secret', description: expect.stringContaining('Secret key') },
    { name: 'account_id', description: expect.stringContaining('Bank account') },
  ]);
});

it('takes our secrets out of the words of a provider that repeats them', () => {
  const said = 'the key sk_test_123 is not that of "shop", nor sk_test_123 of ar';
  expect(withoutSecrets(said, { secret_key: 'sk_test_123', language: 'ar', ttl: 5 })).toBe(
    'the key [secret] is not that of "shop", nor [secret] of ar',
  );
});
