// What a heartbeat says, in words: its figures, and each reason to look.

import { span, whole } from "./numbers.js";
import { learn, say } from "./words.js";

learn({
  s_trouble: ["Не всё работает", "Something does not work"],
  s_look: ["Стоит посмотреть", "Worth a look"],
  h_program: ["программа {v}", "program {v}"],
  h_uptime: ["работает {time}", "up {time}"],
  h_queue: ["в очереди {n}, старшему {age}", "{n} in queue, the oldest {age}"],
  h_queue_empty: ["очередь пуста", "nothing in queue"],
  h_disk: ["диск занят на {n} %", "disk {n} % used"],
  h_devices: ["устройств на связи {up} из {all}", "{up} of {all} devices answer"],
  h_skew: ["часы: {n} с", "clock: {n} s"],
  h_commit: ["запись на диск {n} мс", "commit {n} ms"],
  r_silent: ["не слышно {age}: связь, питание или программа", "not heard for {age}: line, power or program"],
  r_unsent: ["старший чек ждёт {age}, хотя связь есть. Посмотрите doctor в магазине", "the oldest receipt has waited {age} although the line is up. Run doctor in the shop"],
  r_held_up: ["очередь стоит, ждут {n}: {detail}", "the queue is stuck, {n} wait: {detail}"],
  r_devices: ["не отвечает устройств: {n}. Какие — на странице /status магазина", "{n} devices do not answer; the shop's /status names them"],
  r_disk: ["диск занят на {n} %. При полном диске касса не берёт деньги", "the disk is {n} % full; with a full disk a till takes no money"],
  r_clock: ["часы расходятся с офисом на {age}. Проверьте сервер времени", "its clock is {age} off HQ's. Check its time server"],
  r_wal: ["журнал базы вырос до {n} МБ: её кто-то долго читает", "the journal's log has grown to {n} MB: something reads it for hours"],
  r_quarantine: ["в карантине {n}", "{n} in quarantine"],
});

export function healthFacts({ health }) {
  return [
    say("h_program", { v: health.program }), say("h_uptime", { time: span(health.uptime_s) }),
    health.waiting ? say("h_queue", { n: whole(health.waiting), age: span(health.oldest_s) }) : say("h_queue_empty"),
    health.devices ? say("h_devices", { up: health.devices_up, all: health.devices }) : "",
    health.disk_used_percent === null ? "" : say("h_disk", { n: health.disk_used_percent }),
    Math.abs(health.skew_ms ?? 0) < 1000 ? "" : say("h_skew", { n: (health.skew_ms > 0 ? "+" : "\u2212") + whole(Math.round(Math.abs(health.skew_ms) / 1000)) }),
    health.commit_p99_us === null ? "" : say("h_commit", { n: Math.max(1, Math.round(health.commit_p99_us / 1000)) }),
  ].filter(Boolean);
}
const SECONDS = { silent: 1, unsent: 1, clock: 1000 };
export const reasons = ({ alarms }) => alarms.map((alarm) => ({
  ...alarm,
  text: say(`r_${alarm.code}`, {
    n: whole(alarm.value), detail: alarm.detail,
    age: alarm.code in SECONDS ? span(Math.abs(alarm.value) / SECONDS[alarm.code]) : "",
  }),
}));
