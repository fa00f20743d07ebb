import type { CheckoutTexts } from './en.ts';

export const vi: CheckoutTexts = {
  pay_to: (merchant) => `Thanh toán cho ${merchant}`,
  order: {
    due: 'Số tiền cần thanh toán',
    total: 'Tổng cộng',
    received: 'Đã nhận',
    left: 'Còn phải trả',
    reference: 'Mã tham chiếu',
    items: 'Sản phẩm',
    pay_by: 'Thanh toán trước',
    details: 'Chi tiết đơn hàng',
  },
  choose: 'Chọn cách thanh toán',
  change: 'Thanh toán bằng cách khác',
  back: 'Quay lại',
  busy: 'Hiện không khả dụng',
  none: {
    title: 'Không có cách thanh toán trực tuyến',
    text: 'Vui lòng hỏi cửa hàng cách thanh toán.',
  },
  flow: {
    redirect: 'Thanh toán trên trang bảo mật của họ',
    qr_code: 'Quét mã hoặc mở ứng dụng',
    bank_transfer: 'Chuyển khoản bằng ứng dụng ngân hàng',
    confirm_on_phone: 'Xác nhận trên điện thoại',
  },
  card: 'Thẻ',
  setback: {
    declined: {
      title: 'Thanh toán bị từ chối',
      text: 'Bạn chưa bị trừ tiền. Bạn có thể thử lại hoặc chọn cách thanh toán khác.',
    },
    lapsed: {
      title: 'Đã hết thời gian thanh toán',
      text: 'Chưa nhận được tiền. Nếu bạn đã thanh toán, vui lòng đừng thanh toán lần nữa. Nếu chưa, bạn có thể bắt đầu lại.',
    },
    unavailable: {
      title: 'Hiện không kết nối được với dịch vụ này',
      text: 'Bạn chưa bị trừ tiền. Hãy thử lại sau một phút hoặc chọn cách thanh toán khác.',
    },
    refused: {
      title: 'Dịch vụ này không nhận được khoản thanh toán',
      text: 'Bạn chưa bị trừ tiền. Vui lòng chọn cách thanh toán khác.',
    },
    left: {
      title: 'Thanh toán chưa hoàn tất',
      text: 'Bạn có thể thử lại hoặc chọn cách thanh toán khác.',
    },
  },
  again: (service) => `Thử lại với ${service}`,
  or_another: 'hoặc chọn cách khác',
  partial: (received, left) => `Đã nhận ${received}. Còn phải trả ${left}.`,
  details: {
    title: (service) => `Thanh toán bằng ${service}`,
    name: 'Họ và tên',
    phone: 'Số điện thoại',
    email: 'Địa chỉ email',
    phone_hint: (example) => `Ví dụ ${example}`,
    wrong: {
      name: 'Vui lòng nhập tên của bạn.',
      phone: 'Đây không phải số di động mà dịch vụ chấp nhận. Vui lòng kiểm tra lại.',
      email: 'Đây không phải địa chỉ email. Vui lòng kiểm tra lại.',
    },
    submit: 'Tiếp tục',
  },
  forward: {
    title: (service) => `Đang chuyển bạn đến ${service}`,
    text: 'Bạn thanh toán trên trang của họ rồi quay lại đây.',
    link: 'Tiếp tục',
  },
  redirect: {
    title: (service) => `Thanh toán bằng ${service}`,
    text: 'Khoản thanh toán đang chờ trên trang của họ. Khi xong, trang này tự cập nhật.',
    came_back: 'Thanh toán chưa hoàn tất. Bạn có thể tiếp tục chỗ đã dừng hoặc thanh toán bằng cách khác.',
    button: (service) => `Tiếp tục đến ${service}`,
  },
  transfer: {
    title: 'Thanh toán bằng chuyển khoản',
    text: 'Quét mã bằng ứng dụng ngân hàng. Số tiền và nội dung đã được điền sẵn.',
    scan: 'Mã QR cho ứng dụng ngân hàng',
    by_hand: 'Hoặc tự nhập thông tin chuyển khoản',
    bank: 'Ngân hàng',
    account_name: 'Tên tài khoản',
    account_number: 'Số tài khoản',
    amount: 'Số tiền',
    remark: 'Nội dung',
    remark_hint: 'Nhập nội dung đúng như thế này để chúng tôi nhận ra khoản thanh toán của bạn.',
  },
  code: {
    title: (service) => `Thanh toán bằng ${service}`,
    text: 'Quét mã bằng ứng dụng hoặc nhập mã vào ứng dụng.',
    code: 'Mã nhập trong ứng dụng',
    open: (app) => `Mở ứng dụng (${app})`,
    apps: { Personal: 'cá nhân', Business: 'kinh doanh', Corporate: 'doanh nghiệp' },
  },
  qr_alt: 'Mã QR của khoản thanh toán này',
  phone: {
    title: 'Xác nhận trên điện thoại',
    text: (hint) =>
      hint === null
        ? 'Yêu cầu đã được gửi đến điện thoại của bạn. Nhập mã PIN trên đó để thanh toán.'
        : `Yêu cầu đã được gửi đến số ${hint}. Nhập mã PIN trên điện thoại để thanh toán.`,
    slow: 'Chưa thấy gì? Có thể mất một phút. Hoặc dùng số khác hay cách thanh toán khác.',
  },
  time_left: 'Thời gian còn lại',
  waiting: 'Đang chờ thanh toán của bạn. Trang này tự cập nhật.',
  pay_once: 'Nếu bạn đã thanh toán, vui lòng đừng thanh toán lần nữa.',
  check: 'Kiểm tra lại',
  processing: {
    title: 'Chúng tôi đang kiểm tra thanh toán',
    text: 'Thường chỉ mất vài giây. Nếu bạn đã thanh toán, vui lòng đừng thanh toán lần nữa.',
  },
  authorized: {
    title: 'Thanh toán đã được chấp thuận',
    text: 'Bạn không cần làm gì thêm. Cửa hàng sẽ hoàn tất thanh toán.',
  },
  paid: { title: 'Đã nhận thanh toán', text: 'Cảm ơn bạn. Đây là biên nhận của bạn.' },
  overpaid: {
    title: 'Đã nhận thanh toán, nhiều hơn số phải trả',
    text: (excess) => `Cảm ơn bạn. Thừa ${excess}. Cửa hàng đã biết và sẽ liên hệ với bạn.`,
  },
  refunded: {
    title: 'Thanh toán đã được hoàn lại',
    text: (amount) => `Đã hoàn ${amount}. Có thể mất vài ngày để bạn thấy số tiền.`,
  },
  expired: {
    title: 'Đã hết hạn thanh toán',
    text: 'Không thể thanh toán đơn hàng này ở đây nữa. Vui lòng quay lại cửa hàng và đặt lại.',
  },
  canceled: {
    title: 'Đơn hàng này đã bị hủy',
    text: 'Bạn không phải trả gì. Nếu bạn đã thanh toán, cửa hàng sẽ liên hệ với bạn.',
  },
  not_found: {
    title: 'Liên kết này không hoạt động',
    text: 'Liên kết không đầy đủ hoặc quá cũ. Vui lòng xin cửa hàng liên kết mới.',
  },
  too_many: { title: 'Xin chờ một chút', text: 'Hơi nhanh quá. Vui lòng thử lại sau vài giây.' },
  broken: {
    title: 'Hiện có trục trặc',
    text: 'Lỗi của chúng tôi, không phải của bạn. Vui lòng kiểm tra lại sau giây lát, trước khi thanh toán lần nữa.',
  },
  receipt: {
    merchant: 'Trả cho',
    service: 'Cách thanh toán',
    date: 'Ngày',
    transaction: 'Mã giao dịch',
    amount: 'Số tiền',
    print: 'In biên nhận',
  },
  back_to_shop: 'Quay lại cửa hàng',
  help: 'Có câu hỏi? Liên hệ cửa hàng',
  language: 'Ngôn ngữ',
  copy: 'Sao chép',
  copied: 'Đã sao chép',
  sending: 'Xin chờ …',
};
