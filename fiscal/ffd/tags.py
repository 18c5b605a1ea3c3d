"""Every tag of the fiscal data format: its wire type and length.

A cell is `tag=length` (fixed) or `tag<length` (at most). Source: order ED-7-20/662@, tables 5 and 14; 1163 and 1125 by
later orders (the length of 1163 is UNVERIFIED: taken from its longest child, and never above an item's).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Wire(Enum):
    """How a value lies in its bytes."""

    PRINT = "print"  # on paper only, never in a document
    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    BITS = "bits"
    TIME = "time"
    VLN = "vln"
    FVLN = "fvln"
    STR = "str"
    BYTES = "bytes"
    STLV = "stlv"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag; `length` in bytes, the greatest or, when `fixed`, the only one."""

    number: int
    wire: Wire
    length: int
    fixed: bool


_CELLS: Final = {
    "print": """
        1000 1196
    """,
    "u8": """
        1001=1 1002=1 1022=1 1050=1 1051=1 1052=1 1053=1 1054=1 1056=1 1062=1 1101=1 1108=1 1125=1 1109=1 1110=1
        1126=1 1173=1 1189=1 1190=1 1193=1 1199=1 1207=1 1209=1 1212=1 1214=1 1221=1 1271=1 2003=1 2006=1
        2100=1 2102=1 2105=1 2107=1 2108=1 2109=1 2110=1 2111=1
    """,
    "str": """
        1005<256 1008<64 1009<256 1013<20 1016=12 1017=12 1018=12 1021<64 1026<64 1030<128 1036<20 1037=20
        1041=16 1044<24 1046<256 1048<256 1060<256 1073<19 1074<19 1075<19 1085<64 1086<256 1117<64 1171<19
        1179<32 1187<256 1188<8 1191<64 1192<16 1197<16 1203=12 1208<256 1225<256 1226=12 1227<256 1228=12
        1230=3 1231<32 1243=10 1244=3 1245=32 1246<64 1254<256 1262<3 1263=10 1264<32 1265<256 1272<64
        1274<32 1276<32 1278<32 1280<32 1282<32 1292<24 1300<32 1301=8 1302=13 1303=14 1304<38 1305<38
        1306<38 1307=20 1308=33 1309=14 1320<32 1321<32 1322<32 1323<32 1324<32 1325<32 2000<256 2101<38
        2115=4
    """,
    "time": """
        1012=4 1098=4 1178=4 1273=4 2114<4
    """,
    "vln": """
        1020<6 1031<6 1043<6 1079<6 1081<6 1102<6 1103<6 1104<6 1105<6 1106<6 1107<6 1136<6 1138<6 1139<6
        1140<6 1141<6 1142<6 1143<6 1183<6 1198<6 1200<6 1201<6 1215<6 1216<6 1217<6 1218<6 1219<6 1220<6
        1229<6 1293<8 1294<8
    """,
    "fvln": """
        1023<8
    """,
    "u32": """
        1038=4 1040=4 1042=4 1097=4 1111=4 1116=4 1118=4 1134=4 1135=4 1144=4 2001<4 2002<4 2104=4
    """,
    "bits": """
        1055=1 1057=1 1205=4 1206=1 1222=1 1290=4 2004=1 2005=1 2106=1 2112=1 2113=1 2116=1
    """,
    "stlv": """
        1163<328 1059<1024 1068<9 1084<320 1129<116 1130<116 1131<116 1132<116 1133<216 1145<32 1146<32 1157<708
        1158<708 1174<292 1194<708 1223<512 1224<512 1232<32 1233<32 1256<1024 1260<302 1261<302 1270<144
        1291<52 2007<512
    """,
    "bytes": """
        1077=6 1078<16 1162<32 1275<32 1277<32 1279<32 1281<32 1283<32
    """,
    "u16": """
        1213=2
    """,
}


def _read() -> dict[int, Tag]:
    tags = {}
    for wire, cells in _CELLS.items():
        for cell in cells.split():
            number, fixed, length = cell.partition("=")
            if not fixed:
                number, _, length = cell.partition("<")
            tags[int(number)] = Tag(int(number), Wire(wire), int(length or 0), bool(fixed))
    return tags


TAGS: Final = _read()
