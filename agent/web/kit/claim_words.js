/** Why the shop owes the money of a claim slip, in words. */

import { has, t } from "./texts.js";

export const claimReason = (slip) =>
  t(has(`claims.reasons.${slip.reason}`) ? `claims.reasons.${slip.reason}` : "claims.reasons.other");
