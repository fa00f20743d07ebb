/** The token in the address of an invoice's checkout page: names the invoice. */
import { idOfToken, linkToken, type LinkKind } from './link-token.ts';

const KIND: LinkKind = { purpose: 'checkout', prefix: 'inv' };

/** Where pages are, and the key that their tokens are made with: the pepper of the API keys. */
export interface PageAddresses {
  /** Without trailing slash. */
  readonly publicUrl: string;
  readonly apiKeyPepper: Uint8Array;
}

/** The address at which a customer pays an invoice. Whoever has it can see and pay the invoice. */
export function checkoutUrl(invoiceId: string, { publicUrl, apiKeyPepper }: PageAddresses): string {
  return `${publicUrl}/pay/${linkToken(KIND, invoiceId, apiKeyPepper)}`;
}

/** The invoice that a token names, or null when it was not made here. */
export const invoiceOfToken = (token: string, key: Uint8Array): string | null => idOfToken(KIND, token, key);
