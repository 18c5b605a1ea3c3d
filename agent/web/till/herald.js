/** What is said aloud and sounded when the view changes: politely what is small, once and firmly what concerns money. */

import { spokenAgree } from "./parts/agree.js";
import { spokenGuest } from "./parts/guest.js";
import { spokenEncashment } from "./parts/box_stage.js";
import { note, plain, speak, t } from "../kit/texts.js";

const UNSEALED_AGAIN_MS = 30_000;
const CALL_AGAIN_MS = 20_000;
const GREETED = 64; // as many as the agent remembers
const UNKNOWN = new Set(["card_unknown", "refund_unknown", "reversal_unknown", "register_unknown", "power_cut"]);

export class Herald {
  #timer = 0;
  #repeats = "";
  #greeted = [];

  constructor(speaker, sounds) {
    this.speaker = speaker;
    this.sounds = sounds;
  }

  words(told) {
    const { what, do: act } = note(told);
    return plain([what, act].filter(Boolean).join(" "));
  }

  found(count) {
    this.speaker.polite(t("ui.found", { n: count }));
  }

  tell(before, now) {
    this.#guests(now); // before the basket: what was scanned matters more
    this.#basket(before, now);
    if (now.said && JSON.stringify(now.said) !== JSON.stringify(before?.said)) {
      this.speaker.polite(this.words(now.said));
      this.sounds.play("refused");
    }
    this.#case(before, now);
    if (now.screen === "receipt" && before?.screen !== "receipt" && now.receipt) this.#receipt(now.receipt);
    this.#claim(before, now);
    const counted = spokenEncashment(before, now);
    if (counted) this.speaker.polite(counted);
    const agreed = spokenAgree(before, now);
    if (agreed) this.speaker.polite(agreed);
    this.#repeat(now);
  }

  /** The end of a payout, or another shop's answer: the cashier may be looking at the drawer. */
  #claim(before, now) {
    const slip = now.claim?.slip;
    const other = before?.claim?.elsewhere;
    if (other?.state === "asked" && (slip?.number === other.number || now.claim?.elsewhere?.state === "kept"))
      this.speaker.polite(t(slip ? "claims.spoken_here" : "claims.spoken_stays"));
    if (!slip || before?.claim?.slip?.number !== slip.number || before.claim.slip.state === slip.state) return;
    if (slip.state === "paid") this.sounds.play("sealed");
    else if (slip.state === "paying") this.sounds.play("unknown");
    this.speaker.once(`claim-${slip.number}-${slip.state}`, t(`claims.spoken_${slip.state}`, { sum_minor: slip.amount_minor }));
  }

  /** Each coming once: guests are out of sight while somebody pays, and that is no new coming. */
  #guests(now) {
    const fresh = (now.guests ?? []).filter((one) => !this.#greeted.includes(one.guest));
    if (!fresh.length) return;
    this.#greeted = [...this.#greeted, ...fresh.map((one) => one.guest)].slice(-GREETED);
    this.speaker.polite(fresh.map(spokenGuest).join(". "));
  }

  #basket(before, now) {
    const lines = now.sale?.lines ?? [];
    const earlier = before?.sale?.id === now.sale?.id ? (before?.sale?.lines ?? []) : [];
    if (!before || (!lines.length && !earlier.length)) return;
    const total = t("ui.spoken_total", { total_minor: now.sale?.total_minor ?? 0 });
    const changed = lines.find((line) => {
      const old = earlier.find((one) => one.id === line.id);
      return !old || old.sum_minor !== line.sum_minor;
    });
    if (changed) this.speaker.polite(`${changed.name}, ${speak(changed.sum_minor)}. ${total}`);
    else if (earlier.length > lines.length) this.speaker.polite(`${t("ui.spoken_removed")} ${total}`);
    const refused = lines.find(
      (line) => line.mark?.state === "refused" && earlier.find((old) => old.id === line.id)?.mark?.state !== "refused",
    );
    if (refused) {
      this.speaker.once(`mark-${refused.id}`, this.words(refused.mark.note));
      this.sounds.play("refused");
    }
  }

  #case(before, now) {
    if (!now.case || now.screen !== "case") {
      if (before?.case && before.screen === "case") this.speaker.takeBack();
      return;
    }
    const { kind } = now.case;
    const told = note(now.case.note);
    this.speaker.once(
      `case-${kind}-${now.case.attempt}`,
      plain([told.what, told.money, told.safe, told.do].filter(Boolean).join(" ")),
    );
    if (before?.case?.kind === kind) return;
    if (UNKNOWN.has(kind)) this.sounds.play("unknown");
    else if (kind === "unsealed") this.sounds.play("unsealed");
  }

  #receipt(receipt) {
    this.sounds.play("sealed");
    const minor = receipt.change_minor || receipt.cash_back_minor;
    const word = receipt.act === "refund" ? "ui.spoken_give_back" : "ui.spoken_change";
    if (minor) this.speaker.once(`receipt-${receipt.number}`, t(word, { sum_minor: minor }));
    else this.speaker.polite(t("ui.sealed"));
  }

  /** Two sounds come again until somebody acts: money without a receipt, and the call for a supervisor. */
  #repeat(now) {
    const wanted = now.case?.call_supervisor ? "call" : now.case?.kind === "unsealed" ? "unsealed" : "";
    if (wanted === this.#repeats) return;
    clearInterval(this.#timer);
    this.#repeats = wanted;
    if (wanted === "call") this.sounds.play("call");
    if (wanted)
      this.#timer = setInterval(() => this.sounds.play(wanted), wanted === "call" ? CALL_AGAIN_MS : UNSEALED_AGAIN_MS);
  }
}
