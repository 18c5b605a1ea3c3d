/** Guests who agreed to be known and are here: one open, the others a line each. Without guests there is nothing at all.
 *
 * The panel lies in the free room between the tender keys and the keys below, so that it moves nothing when it comes.
 */

import { h } from "../../kit/dom.js";
import { bare } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { key } from "../../kit/parts.js";
import { currentLanguage, t } from "../../kit/texts.js";
import { local } from "../local.js";

/** Whom the panel shows: the one that was asked for, else the newest. */
export function openGuest(view) {
  const guests = view.guests ?? [];
  return guests.find((one) => one.guest === local.guest) ?? guests[0] ?? null;
}

/** A name, or the last digits of the phone. */
export const calledOf = (guest) => guest.name || t("guest.nameless", { tail: guest.tail });

/** What is said aloud of guests who were not there before. */
export function spokenGuest(guest) {
  return t(`guest.spoken_${guest.how}`, { name: calledOf(guest) });
}

function purchases(guest) {
  if (!guest.purchases.length) return null;
  return h(
    "ul",
    { class: "guest-bought", "aria-label": t("guest.bought") },
    guest.purchases.map((line, at) =>
      h(
        "li",
        { key: `${at}`, class: "pair" },
        h("span", { class: "name" }, line.name),
        h("span", { class: "num" }, bare(line.sum_minor)),
      ),
    ),
  );
}

function offers(guest) {
  if (!guest.offers.length) return null;
  return h(
    "ul",
    { class: "guest-offers", "aria-label": t("guest.offers") },
    guest.offers.map((offer, at) => h("li", { key: `${at}` }, icon("bolt"), h("span", null, offer[currentLanguage()]))),
  );
}

function others(guests, acts) {
  if (!guests.length) return null;
  return h(
    "ul",
    { class: "guest-others", "aria-label": t("guest.others") },
    guests.map((guest) =>
      h(
        "li",
        { key: guest.guest },
        h(
          "button",
          {
            type: "button",
            class: "guest-other",
            "data-guest": guest.guest,
            title: t("guest.open", { name: calledOf(guest) }),
            on: { click: () => acts.guest.show(guest.guest) },
          },
          h("span", { class: guest.name ? "name" : "digits" }, guest.name || `…${guest.tail}`),
          h("span", { class: "quiet" }, t(`guest.one_${guest.how}`)),
        ),
      ),
    ),
  );
}

/** The room between the keys; with a guest it holds the panel. */
export function guestRoom({ view, acts }) {
  const guest = openGuest(view);
  if (!guest) return h("div", { key: "room", class: "room" });
  const called = calledOf(guest);
  return h(
    "div",
    { key: "room", class: "room guest-room" },
    h(
      "section",
      { key: "guest", class: `card guest by-${guest.how}`, "data-guest": guest.guest, "aria-label": t("guest.title") },
      h(
        "div",
        { class: "guest-head" },
        h(
          "div",
          { class: "guest-who" },
          h("h2", { class: "guest-name name" }, guest.how === "face" ? t("guest.probably", { name: called }) : called),
          h(
            "p",
            { class: "guest-how" },
            t(`guest.by_${guest.how}`),
            guest.visits ? ` · ${t("guest.was", { last_ms: guest.last_ms })}` : null,
            guest.visits ? h("span", { class: "guest-count" }, `, ${t("guest.visits", { n: guest.visits })}`) : null,
          ),
        ),
        key({ id: "guest-wrong", label: t("guest.is_wrong"), caps: "F9", kind: "small", press: () => acts.guest.wrong() }),
      ),
      guest.purchases.length || guest.offers.length
        ? h(
            "div",
            { class: "guest-more", tabindex: "0", role: "group", "aria-label": called },
            offers(guest),
            purchases(guest),
          )
        : null,
      others(
        view.guests.filter((one) => one !== guest),
        acts,
      ),
    ),
  );
}
