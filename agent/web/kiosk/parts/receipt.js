/** The end of a purchase: it is paid, the receipt went where it was asked for, take the goods. */

import { h } from "../../kit/dom.js";
import { money } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, key } from "../../kit/parts.js";
import { note, rich, sentence, t } from "../../kit/texts.js";
import { act, look, told } from "./frame.js";

const GLYPH = { paper: "printer", screen: "qr", email: "mail", phone: "phone" };

export function done(context) {
  const { view, acts } = context;
  const { receipt } = view;
  const way = view.receipt_way || "paper";
  const credited = view.change?.credited_minor ?? 0;
  const stopped = receipt?.printing === "stopped";
  return [
    look(
      h(
        "div",
        { key: "head", class: "screen-head" },
        badge("ok"),
        h(
          "div",
          null,
          h(
            "h2",
            { id: "headline", class: "headline", tabindex: "-1" },
            t(way === "paper" ? "kiosk.take_both" : "kiosk.take_goods"),
          ),
          receipt
            ? h(
                "p",
                { class: "lead" },
                t("kiosk.paid_sum", { sum: money(receipt.total_minor) }),
                receipt.change_minor ? ` ${t("kiosk.change_was", { sum: money(receipt.change_minor) })}` : "",
                credited ? ` ${t("kiosk.change_credited", { sum: money(credited) })}` : "",
              )
            : null,
        ),
      ),
      h(
        "div",
        { key: "way", class: `hint ${stopped ? "told" : ""}` },
        icon(stopped ? "attention" : (GLYPH[way] ?? "receipt")),
        h(
          "div",
          null,
          h(
            "p",
            { class: "hint-title" },
            stopped ? rich(note(receipt.note ?? { code: "paper_out_sealed" }).what) : t(`kiosk.went_${way}`),
          ),
          h(
            "p",
            { class: "hint-more" },
            receipt?.note && !stopped
              ? sentence(receipt.note)
              : t(stopped ? "kiosk.on_screen_instead" : "kiosk.thanks"),
          ),
        ),
      ),
    ),
    act(
      receipt
        ? h(
            "div",
            { key: "papers", class: "papers" },
            receipt.documents.map((document, at) => paper(document, view.training, at)),
          )
        : null,
      told(view, null),
      h(
        "div",
        { key: "keys", class: "keys" },
        key({
          id: "finish",
          label: t("kiosk.finish"),
          kind: "centre tall huge-key filled",
          press: () => void acts.send("finish"),
        }),
      ),
    ),
  ];
}

/** The QR large enough for a telephone at arm's length, the lines of the receipt beside it. */
function paper(document, training, at) {
  return h(
    "section",
    {
      key: `paper-${document.number}-${at}`,
      class: `card paper ${training ? "practice" : ""}`,
      "data-mark": training ? t("ui.training_mark") : null,
      "aria-label": t("ui.receipt_number", { number: document.number }),
    },
    document.qr
      ? h(
          "div",
          { class: "qr" },
          h("img", { src: `/api/qr.svg?text=${encodeURIComponent(document.qr)}`, alt: t("ui.qr") }),
          h("p", { class: "caption" }, t("kiosk.qr_check")),
        )
      : null,
    h(
      "div",
      { class: "paper-lines mono", tabindex: "0", role: "group", "aria-label": t("ui.receipt") },
      document.text.map(printed),
    ),
  );
}

/** A printed line keeps what it means, not its spaces. */
function printed(line, at) {
  if (/^\s*[-=_]{6,}\s*$/.test(line)) return h("hr", { key: String(at) });
  const two = /^(\s{0,2}\S.*?)\s{2,}(\S.*)$/.exec(line);
  if (two)
    return h(
      "p",
      { key: String(at), class: /^\s*(ИТОГ|TOTAL)/.test(line) ? "two-ends loud" : "two-ends" },
      h("span", null, two[1]),
      h("span", null, two[2]),
    );
  return h("p", { key: String(at), class: /^\s{3,}\S/.test(line) ? "middle" : "" }, line.trim() || "\u00A0");
}
