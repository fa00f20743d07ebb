/** Every provider. A new one is one more line here, in alphabetical order. */
export { fapshi } from './fapshi/connector.ts';
export { fib } from './fib/connector.ts';
export { finan } from './finan/connector.ts';
export { furatpay } from './furatpay/connector.ts';
export { myfatoorah } from './myfatoorah/connector.ts';
export { rehive } from './rehive/connector.ts';
export { tabby } from './tabby/connector.ts';
export { tamara } from './tamara/connector.ts';
export { zaincash } from './zaincash/connector.ts';
export { zaincashV1 } from './zaincash_v1/connector.ts';
