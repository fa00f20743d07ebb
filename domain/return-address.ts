/** The addresses of ours to which a provider sends the customer's browser back. */

/**
 * Which of them the provider chose: what it thinks has happened, and whoever has the link can choose another. So it
 * only decides where a customer goes whose payment is still open.
 */
export const RETURN_DOORS = ['failure', 'cancel'] as const;
export type ReturnDoor = (typeof RETURN_DOORS)[number];

/** One address for each outcome. `success` is the one without a door, and the one for providers that take just one. */
export interface ReturnAddresses {
  readonly success: string;
  readonly failure: string;
  readonly cancel: string;
}

/** The addresses of a payment whose own address is `url`. Doors are part of the path: some providers append to it blindly. */
export function returnAddresses(url: string): ReturnAddresses {
  return { success: url, failure: `${url}/failure`, cancel: `${url}/cancel` };
}
