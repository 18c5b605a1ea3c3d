"""What may be allowed at HQ, one word each: who reads sales need not see customers, who places orders no prices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """`read` looks, `write` changes."""

    PRODUCTS_READ = "products.read"
    PRODUCTS_WRITE = "products.write"
    PRICES_WRITE = "prices.write"
    STOCK_READ = "stock.read"
    SALES_READ = "sales.read"
    SHIFTS_READ = "shifts.read"
    CASH_READ = "cash.read"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_WRITE = "customers.write"
    OFFERS_READ = "offers.read"
    OFFERS_WRITE = "offers.write"
    VISITS_READ = "visits.read"
    ORDERS_READ = "orders.read"
    ORDERS_WRITE = "orders.write"
    EXPORT_READ = "export.read"
    DEVICES_READ = "devices.read"
    DEVICES_WRITE = "devices.write"
    QUARANTINE_READ = "quarantine.read"
    QUARANTINE_WRITE = "quarantine.write"
    FINDINGS_READ = "findings.read"
    FINDINGS_WRITE = "findings.write"
    METRICS_READ = "metrics.read"
    USERS_READ = "users.read"
    USERS_WRITE = "users.write"
    KEYS_WRITE = "keys.write"
    AUDIT_READ = "audit.read"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Words:
    ru: str
    en: str


WORDS = {
    Scope.PRODUCTS_READ: Words("смотреть товары и цены", "look at products and prices"),
    Scope.PRODUCTS_WRITE: Words("менять товары", "change products"),
    Scope.PRICES_WRITE: Words("менять цены", "change prices"),
    Scope.STOCK_READ: Words("смотреть остатки и что можно обещать", "look at stock and what can be promised"),
    Scope.SALES_READ: Words("смотреть продажи и долги по чекам", "look at sales and documents owed"),
    Scope.SHIFTS_READ: Words("смотреть смены", "look at shifts"),
    Scope.CASH_READ: Words("смотреть инкассации и талоны на сдачу", "look at encashments and claim slips"),
    Scope.CUSTOMERS_READ: Words("смотреть покупателей", "look at customers"),
    Scope.CUSTOMERS_WRITE: Words("менять покупателей", "change customers"),
    Scope.OFFERS_READ: Words("смотреть предложения покупателям", "look at offers to customers"),
    Scope.OFFERS_WRITE: Words("менять предложения покупателям", "change offers to customers"),
    Scope.VISITS_READ: Words("смотреть посетителей", "look at visitors"),
    Scope.ORDERS_READ: Words("смотреть заказы", "look at orders"),
    Scope.ORDERS_WRITE: Words("делать и отменять заказы", "place and cancel orders"),
    Scope.EXPORT_READ: Words("выгружать данные файлами", "export data as files"),
    Scope.DEVICES_READ: Words("смотреть устройства", "look at devices"),
    Scope.DEVICES_WRITE: Words("подключать и отключать устройства", "enrol and revoke devices"),
    Scope.QUARANTINE_READ: Words("смотреть карантин", "look at the quarantine"),
    Scope.QUARANTINE_WRITE: Words("разбирать карантин", "settle the quarantine"),
    Scope.FINDINGS_READ: Words("смотреть замечания", "look at findings"),
    Scope.FINDINGS_WRITE: Words("разбирать замечания", "settle findings"),
    Scope.METRICS_READ: Words("снимать метрики", "read metrics"),
    Scope.USERS_READ: Words("смотреть пользователей", "look at users"),
    Scope.USERS_WRITE: Words("менять пользователей", "change users"),
    Scope.KEYS_WRITE: Words("выдавать и отзывать ключи", "give out and revoke keys"),
    Scope.AUDIT_READ: Words("смотреть журнал действий", "look at the audit log"),
}
