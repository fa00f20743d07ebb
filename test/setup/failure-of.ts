import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';

/** The failure that a connector's call ends in. Success fails the test, and so does any other error. */
export async function failureOf(call: Promise<unknown> | undefined): Promise<ProviderFailure> {
  const error: unknown = await call?.then(
    () => {
      throw new Error('the call succeeded');
    },
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error.failure;
  throw error;
}
