import { connectors } from '../providers/index.ts';
import { paymentServices } from './payment-service.ts';

describe('paymentServices', () => {
  const services = paymentServices(connectors);

  it('has every method that takes the money at once', () => {
    for (const id of ['finan.bank_transfer', 'fapshi.direct_pay', 'fib.qr_code', 'myfatoorah.payment_link']) {
      expect(services.has(id)).toBe(true);
    }
  });

  it('leaves out methods that only authorize, because nothing captures yet', () => {
    expect(services.has('myfatoorah.card_authorization')).toBe(false);
    for (const { manifest, method } of services.values()) {
      expect(method.capture ?? manifest.capture).toBe('automatic');
    }
  });
});
