import { claims } from "../receipts.mjs";
import { at } from "./visitors.mjs";

export default (town) => {
  const receipt = (token) => at(`/me/receipts/${claims(token).rno}`);
  return [
    ["receipts", "volunteer", at("/me/receipts")],
    ["receipt", "volunteer", receipt(town.receipt)],
    ["receipt-reversed", "volunteer", receipt(town.reversed)],
    ["receipt-reversal", "volunteer", receipt(town.reversal)],
    ["receipts-nothing-yet", "newcomer", at("/me/receipts")],
  ];
};
