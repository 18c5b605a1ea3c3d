/** What the kiosk says and sounds when its view changes: small things politely, what concerns money firmly and once. */

import { note, plain, speak, t } from "../kit/texts.js";

const AGAIN_MS = 10_000; // before the end the question is asked a second time

export class Herald {
  #idleSaid = "";

  constructor(speaker, sounds) {
    this.speaker = speaker;
    this.sounds = sounds;
  }

  words(told) {
    const { what, safe, do: act } = note(told);
    return plain([what, safe, act].filter(Boolean).join(". ").replaceAll("..", "."));
  }

  found(count) {
    this.speaker.polite(t("ui.found", { n: count }));
  }

  refuse(told) {
    this.speaker.polite(this.words(told));
    this.sounds.play("refused");
  }

  tell(before, now) {
    const moved = before?.screen !== now.screen;
    if (moved) this.speaker.forget();
    this.#basket(before, now);
    this.#cash(before, now);
    this.#change(before, now);
    if (now.said && JSON.stringify(now.said) !== JSON.stringify(before?.said))
      this.speaker.polite(this.words(now.said));
    if (now.stop_asked && !before?.stop_asked) this.speaker.polite(this.words({ code: "stop_asked" }));
    if (now.help && !before?.help) this.speaker.polite(this.words({ code: "kiosk_help" }));
    const sending = now.slip_sending?.state;
    if (sending && sending !== before?.slip_sending?.state) this.speaker.polite(plain(t(`kiosk.slip_state.${sending}`)));
    if (moved) this.#arrived(now);
  }

  #arrived(now) {
    if (now.screen === "checking" && now.case) {
      this.speaker.once("checking", this.words(now.case));
      this.sounds.play("unknown");
    } else if (now.screen === "claim" && now.claims.length) {
      const claim = now.claims[now.claims.length - 1];
      const owed = claim.amount_minor ? t("kiosk.spoken_owed", { sum_minor: claim.amount_minor }) : "";
      this.speaker.once(`claim-${claim.number}`, [this.words(claim.reason), owed].filter(Boolean).join(" "));
      this.sounds.play("unsealed");
    } else if (now.screen === "done") {
      this.speaker.polite(t("kiosk.done_title"));
      this.sounds.play("sealed");
    } else if (now.screen === "out_of_service" && now.trouble) {
      this.speaker.once("out-of-service", this.words(now.trouble));
    }
  }

  #basket(before, now) {
    const lines = now.sale?.lines ?? [];
    const earlier = before?.sale?.id === now.sale?.id ? (before?.sale?.lines ?? []) : [];
    if (!before || (!lines.length && !earlier.length)) return;
    const total = t("ui.spoken_total", { total_minor: now.sale?.total_minor ?? 0 });
    const changed = lines.find((line) => earlier.find((one) => one.id === line.id)?.sum_minor !== line.sum_minor);
    if (changed) this.speaker.polite(`${changed.name}, ${speak(changed.sum_minor)}. ${total}`);
    else if (earlier.length > lines.length) this.speaker.polite(`${t("ui.spoken_removed")} ${total}`);
    const refused = lines.find(
      (line) => line.mark?.state === "refused" && earlier.find((old) => old.id === line.id)?.mark?.state !== "refused",
    );
    if (!refused) return;
    this.speaker.once(
      `mark-${refused.id}`,
      `${refused.name}. ${refused.mark.note ? this.words(refused.mark.note) : ""}`,
    );
    this.sounds.play("refused");
  }

  #cash(before, now) {
    if (!now.cash || !before?.cash) return;
    const taken = now.cash.inserted_minor - before.cash.inserted_minor;
    if (taken <= 0) return;
    this.speaker.polite(t("kiosk.spoken_taken", { sum_minor: taken, left_minor: now.cash.left_minor }));
    this.sounds.play("credited");
  }

  #change(before, now) {
    if (now.screen !== "change" || !now.change) return;
    this.speaker.once(`change-${now.sale?.id}`, t("kiosk.spoken_change", { sum_minor: now.change.owed_minor }));
    if (before?.screen !== "change") this.sounds.play("change");
  }

  /** Asked when it begins, and once more ten seconds before the end. */
  idle(told, nowMs) {
    const last = told.end_ms - nowMs <= AGAIN_MS;
    const about = `idle-${told.end_ms}-${last}`;
    if (this.#idleSaid === about) return;
    this.#idleSaid = about;
    const left = Math.max(0, Math.round((told.end_ms - nowMs) / 1000));
    const rest = told.money_minor
      ? t("kiosk.spoken_idle_money", { sum_minor: told.money_minor, left })
      : t("kiosk.idle_empty", { left });
    this.speaker.once(about, `${t("kiosk.idle_title")} ${rest}`);
    this.sounds.play("idle");
  }
}
