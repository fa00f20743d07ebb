/** The last look at a request before it goes out: a connector sends nothing that its own manifest rules out. */
import { MoneyError } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { CreatePayment, Customer, Manifest, MethodManifest, MoneyOperation } from './contract.ts';

/** The method's manifest; throws `ProviderError` of kind `invalid_request` when the manifest rules the request out. */
export function checkRequest(manifest: Manifest, request: CreatePayment): MethodManifest {
  const { amount, currency } = request.money;
  const method = manifest.methods.find((candidate) => candidate.method === request.method);
  if (!method) throw refused('unknown_method', `${manifest.title} has no method ${request.method}`);
  const limits = method.amounts.find((candidate) => candidate.currency === currency);
  if (!limits) throw refused('unsupported_currency', `${method.title} does not take ${currency}`);
  if (amount < limits.min || amount > limits.max || amount % limits.step !== 0) {
    throw refused(
      'unsupported_amount',
      `${method.title} takes ${limits.min} to ${limits.max} in minor units of ${currency}, in steps of ${limits.step}`,
    );
  }
  if ([...(request.description ?? '')].length > method.description_max) {
    throw refused(
      'description_too_long',
      `${method.title} takes at most ${method.description_max} characters of description`,
    );
  }
  for (const field of method.requires) {
    if (!valueOf(request.customer, field))
      throw refused('missing_customer', `${method.title} needs ${field}`);
  }
  return method;
}

function valueOf(customer: Customer, field: MethodManifest['requires'][number]): string | undefined {
  switch (field) {
    case 'customer.name':
      return customer.name;
    case 'customer.phone':
      return customer.phone;
    case 'customer.email':
      return customer.email;
  }
}

/** A repetition asks for the same amount; throws when an operation key comes back with another one. Minor units. */
export function checkRepetition(made: number, { money: { amount } }: MoneyOperation): void {
  if (made === amount) return;
  throw refused('key_reused', 'this operation was made before with another amount');
}

/** Our own refusal of a request, before anything is sent. */
export function refused(code: string, message: string): ProviderError {
  return new ProviderError({ kind: 'invalid_request', code, message });
}

/** The result of a money conversion for the wire; what cannot be represented exactly is refused. */
export function exactly<T>(convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof MoneyError) throw refused('unsupported_amount', error.message);
    throw error;
  }
}
