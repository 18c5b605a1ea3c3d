"""What each role of the office may: a set of scopes. A person has one role, for all stores or for some."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloud_api.access.scopes import ALL_SCOPES, Scope


class Role(StrEnum):
    OWNER = "owner"
    OFFICE = "office"
    ACCOUNTANT = "accountant"
    STORE_IT = "store_it"
    VIEWER = "viewer"


_VIEWER = frozenset({Scope.SALES_READ, Scope.STOCK_READ, Scope.VISITS_READ, Scope.PRODUCTS_READ, Scope.SHIFTS_READ})
_ACCOUNTANT = frozenset(
    {
        *(Scope.SALES_READ, Scope.STOCK_READ, Scope.SHIFTS_READ, Scope.CASH_READ, Scope.PRODUCTS_READ),
        *(Scope.FINDINGS_READ, Scope.FINDINGS_WRITE, Scope.EXPORT_READ, Scope.QUARANTINE_READ, Scope.ORDERS_READ),
    }
)
_STORE_IT = frozenset(
    {
        *(Scope.SALES_READ, Scope.STOCK_READ, Scope.DEVICES_READ, Scope.DEVICES_WRITE, Scope.METRICS_READ),
        *(Scope.QUARANTINE_READ, Scope.QUARANTINE_WRITE, Scope.SHIFTS_READ),
    }
)
_OWNERS_ONLY = frozenset({Scope.USERS_READ, Scope.USERS_WRITE, Scope.KEYS_WRITE, Scope.AUDIT_READ})

SCOPES: dict[Role, frozenset[str]] = {
    Role.OWNER: ALL_SCOPES,
    Role.OFFICE: ALL_SCOPES - _OWNERS_ONLY,
    Role.ACCOUNTANT: _ACCOUNTANT,
    Role.STORE_IT: _STORE_IT,
    Role.VIEWER: _VIEWER,
}


@dataclass(frozen=True, slots=True)
class RoleWords:
    ru: str
    en: str


WORDS = {
    Role.OWNER: RoleWords("владелец: всё, и пользователи тоже", "owner: everything, users too"),
    Role.OFFICE: RoleWords("офис: всё, кроме пользователей и ключей", "office: everything but users and keys"),
    Role.ACCOUNTANT: RoleWords(
        "бухгалтер: деньги, смены, сверка, выгрузки", "accountant: money, shifts, findings, exports"
    ),
    Role.STORE_IT: RoleWords("техник: устройства и карантин", "store IT: devices and quarantine"),
    Role.VIEWER: RoleWords("наблюдатель: только смотреть продажи и склад", "viewer: looks at sales and stock only"),
}
