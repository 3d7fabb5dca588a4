"""Labels and pick-ups on the case page: by sign and word, where they lie, and gone once a parcel stands for them."""

from csdesk.desk import queries
from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.carriage import RequestLabel, RequestPickup, SettleCarrierAsk
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.goods import Approve, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.parcel_lines import parcels
from csdesk.tui.screens.scene import Scene
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

BOOKS = Policy(carriage=True)


def lines(core: Core, case_id: str) -> str:
    view = core.ask(queries.ShowCase(case_id, timeline=False))
    scene = Scene(view, Words("zh-Hans", core.zone), core.now(), "wang", str, str)
    return "\n".join("".join(text for text, _ in line) for line in parcels(scene, 200))


def test_how_a_label_and_a_pick_up_stand(desk_file: DeskFile):
    wang, system = desk_file.core("wang", policy=BOOKS), desk_file.core("system", policy=BOOKS)
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality")).case
    wang.do(Approve(), case.id)
    (label,) = wang.do(RequestLabel(payer="merchant"), case.id).case.carrier_asks
    assert "退货面单" in lines(wang, case.id) and "办理中" in lines(wang, case.id)
    system.do(SettleCarrierAsk(label.id, "in_doubt", reason="waybill_of_another"), case.id)
    assert "! 结果未明：答复里的运单号是另一个包裹的" in lines(wang, case.id)
    label_at = "https://l.example/1.pdf"
    made = SettleCarrierAsk(label.id, "done", carrier="SF", waybill="SF1234567890", label=label_at)
    system.do(made, case.id)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    told = lines(wang, case.id)
    assert "+ 已办妥" in told and "面单 https://l.example/1.pdf" in told
    assert "上门取件" in told and "11-03 09:00 至 11-03 11:00" in told
    wang.do(ShipBack("顺丰", "SF1234567890"), case.id)
    after = lines(wang, case.id)
    assert "退货面单" not in after and "上门取件" not in after and "SF1234567890" in after
