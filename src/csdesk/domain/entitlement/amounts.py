"""What is paid back: price paid, gifts, coupons, broken bundles, freight, card fees (七日办法§12-18)."""

import re

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.facts import Facts, Faulty, record
from csdesk.domain.entitlement.fields import Fields, count, each, either, flag, money, text, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money, cumulative, share

ITEM: Fields = {"sku": text, "paid": money, "price": money, "qty": count}
RETURNED: Fields = {"sku": text, "qty": count}
PROMOTION: Fields = {"threshold": money, "off": money}
GIFT: Fields = {"name": text, "sku": text, "marked_price": money, "returned": flag}
FIELDS: Fields = {
    "paid": money,
    "cash_paid": money,
    "list_price": money,
    "coupon": money,
    "points": money,
    "points_used": count,
    "items": each(record(ITEM)),
    "returned": each(either(text, record(RETURNED))),
    "promo": either(record(PROMOTION), text),
    "gift_returned": flag,
    "gift_marked_price": money,
    "gifts": each(record(GIFT)),
    "free_shipping_threshold": money,
    "shipping_fee_if_below": money,
    "card_fee_paid_by_buyer": money,
    "card_fee_waived_by_seller": money,
    "paid_by": each(record({"method": text, "amount": money})),
    "seller_offers": word("refund_offer"),
    "buyer_agrees": flag,
    "reason": word("return_reason"),
    "invoice_price": money,
    "provable_paid": money,
}
ALIASES = {
    "gift_price": "gift_marked_price",
    "card_fee": "card_fee_paid_by_buyer",
    "promotion": "promo",
    "lines": "items",
    "bundle_price": "paid",
    "actually_paid": "paid",
    "paid_total": "paid",
    "total_paid": "paid",
    "gift_marked_value": "gift_marked_price",
    "coupon_amount": "coupon",
    "voucher": "coupon",
    "coupon_used": "coupon",
    "gift_pre_marked_price": "gift_marked_price",
    "gift_listed_price": "gift_marked_price",
    "gift_kept": "not gift_returned",
    "waived_card_fee": "card_fee_waived_by_seller",
    "card_fee_waived": "card_fee_waived_by_seller",
    "return_cause": "reason",
    "buyer_consents": "buyer_agrees",
    "consumer_agrees": "buyer_agrees",
}
DATED_BY = ("purchased_at", "now")
# spend 200 save 40, over 200 minus 40.
PROMO_EN = re.compile(
    r"\b()(?:spend|over|above|from)\s*(\d{1,9}(?:\.\d{1,2})?)\D{1,12}?(\d{1,9}(?:\.\d{1,2})?)(?!\d)",
    re.IGNORECASE,
)
# 满200打8折: what is at least the threshold costs eight tenths.
RATE = re.compile(r"满\s*(\d{1,9}(?:\.\d{1,2})?)\s*元?\s*[打享]?\s*([1-9])(?:\.(\d))?\s*折")
# 2件8折, 第二件半价: so many pieces together cost less; with fewer of them each stands at its own price.
PIECES = re.compile(r"第?([2-9两二三四五])件(?:起?打?享?\s*\d(?:\.\d)?\s*折|半价)")
COUNTED = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5}
# A price for several goods together: it falls away with the first of them that goes back.
BUNDLE = re.compile(r"套装|套餐|组合|捆绑|bundle|package|(?<![a-z])(?:set|combo)(?![a-z])", re.IGNORECASE)
# 满200减40, 每满300减50: the threshold and what it takes off; "每" takes it off again at each multiple.
PROMO = re.compile(r"(每?)满\s*(\d{1,9}(?:\.\d{1,2})?)\s*元?\s*[减-]\s*(\d{1,9}(?:\.\d{1,2})?)(?!\d)")


def decide(m: Matter) -> Decision:
    """The refund with what must be and what may be taken off it.

    Answers `refund` (after what must come off), `refund_min` (after what may come off too), and each part.
    """
    if m.facts.any("invoice_price") or m.facts.word("reason") == "quality":
        return _quality_price(m)
    back = _price_back(m)
    if back is None and not m.answers:
        m.need("paid")
    if back is not None:
        back = _less_gift(m, back)
        least = _less_freight(m, _less_card_fee(m, back), back)
        m.answer(refund=back, refund_min=least)
        m.say("refund", "", amount=shown(back), least=shown(least))
    _methods(m, back)
    return m.close("computed")


def _quality_price(m: Matter) -> Decision:
    """A return for quality: the price on the invoice, unless the merchant proves another (条例§18(2))."""
    invoice, proven = m.facts.money("invoice_price"), m.facts.money("provable_paid")
    if proven is None and invoice is None:
        m.need("invoice_price")
    refund = proven if proven is not None else m.facts.the_money("invoice_price")
    code = "proven_price" if proven is not None else "invoice_price"
    m.say(code, "invoice_price", amount=shown(refund))
    m.answer(refund=refund)
    return m.close("computed")


def _price_back(m: Matter) -> Money | None:
    """The price of what comes back, before deductions; None when the facts ask about the method alone."""
    if m.facts.has("items"):
        return _items_back(m)
    listed, cash = m.facts.money("list_price"), m.facts.money("cash_paid")
    in_kind = sum((m.facts.money(name) or m.amount("0") for name in ("coupon", "points")), m.amount("0"))
    if listed is not None and cash is not None and listed != cash + in_kind and not _points_counted(m):
        raise Faulty("cash_paid", "does_not_add_up", total=shown(listed))
    paid = m.facts.money("paid")
    if cash is None and listed is not None and in_kind.minor:
        # What was paid counts (§17); the list price stands for it only where nothing else does.
        rest = listed - in_kind if in_kind < listed else m.amount("0")
        cash = rest if paid is None or paid == listed else paid
    if used := m.facts.count("points_used"):
        m.say("points_in_kind", "coupons_in_kind", points=used)
        m.answer(points_returned=used)
    if m.facts.any("coupon", "points"):
        m.say("coupons_in_kind", "coupons_in_kind", amount=shown(in_kind))
        for name in ("coupon", "points"):
            if value := m.facts.money(name):
                m.answer(**{f"{name}_returned": value})
    back = cash if cash is not None else paid
    if back is None:
        back = _sum_of_methods(m)
    if back is not None:
        m.say("price_actually_paid", "price_actually_paid", amount=shown(back))
        if cash is not None:
            m.answer(refund_cash=cash)
    return back


def _points_counted(m: Matter) -> bool:
    """Whether `points` are pieces, not yuan: more of them than what the cash and the coupon left to pay."""
    if m.facts.has("points_used"):
        return True
    points, listed = m.facts.money("points"), m.facts.the_money("list_price")
    paid = m.facts.the_money("cash_paid") + (m.facts.money("coupon") or m.amount("0"))
    return points is not None and paid <= listed < paid + points


def _items_back(m: Matter) -> Money:
    """Some of several items: their own paid prices, or a discount that no longer holds settled anew (§17)."""
    items = m.facts.records("items")
    pieces = _returned_pieces(m, items)
    if all(item.has("paid") for item in items) and not m.facts.has("promo"):
        back = m.amount("0")
        for item, n in zip(items, pieces, strict=True):
            back += cumulative(item.the_money("paid"), _qty(item), n)
        m.say("price_actually_paid", "price_actually_paid", amount=shown(back))
        return back
    if any(not item.has("price") for item in items):
        raise Faulty("items", "items_lack", part="price")
    m.need("paid")
    paid = m.facts.the_money("paid")
    whole = came_back = m.amount("0")
    for item, n in zip(items, pieces, strict=True):
        whole += item.the_money("price") * _qty(item)
        came_back += item.the_money("price") * n
    off = promotion(m, whole)
    if m.facts.has("promo") and not at_one_price(m) and whole - off != paid:
        raise Faulty("paid", "does_not_add_up", total=shown(whole - off))
    together = PIECES.search(str(m.facts.get("promo") or ""))
    left = sum(_qty(item) for item in items) - sum(pieces)
    if together and left >= (COUNTED.get(together[1]) or int(together[1])):
        # Enough pieces stay for the lower price to hold, on which of them is for people to say.
        raise Faulty("promo", "unknown_promotion")
    return settled(m, paid, whole, came_back)


def settled(m: Matter, paid: Money, whole: Money, came_back: Money) -> Money:
    """What comes back of `paid` when goods of that list price do: their own price, or what stays settled anew."""
    kept = whole - came_back
    if not kept.minor:
        m.say("price_actually_paid", "price_actually_paid", amount=shown(paid))
        return paid
    still = promotion(m, kept)
    owed_for_kept = kept - still
    anew = paid - owed_for_kept if paid > owed_for_kept else m.amount("0")
    if not still.minor:
        m.say("bundle_resettled", "bundle_resettled", kept=shown(kept), paid=shown(paid))
        if owed_for_kept > paid:
            m.answer(consumer_pays=owed_for_kept - paid)
        return anew
    pro_rata = share(paid, [came_back.minor, kept.minor])[0]
    m.say("discount_still_holds", "price_actually_paid", amount=shown(pro_rata))
    m.contest("discount_still_holds", pro_rata=shown(pro_rata), anew=shown(anew))
    return pro_rata


def at_one_price(m: Matter) -> bool:
    """Whether the promotion is one price for a bundle or for some pieces, and takes nothing off a threshold."""
    stated = m.facts.get("promo")
    if not isinstance(stated, str) or PROMO.search(stated):
        return False
    return (BUNDLE.search(stated) or PIECES.search(stated)) is not None


def promotion(m: Matter, total: Money) -> Money:
    """What the promotion takes off a total; the price of a bundle takes nothing off a part of it."""
    stated = m.facts.get("promo")
    if stated is None or at_one_price(m):
        return m.amount("0")
    if isinstance(stated, Facts):
        threshold, off, times = stated.the_money("threshold"), stated.the_money("off"), 1
    elif rate := RATE.search(str(stated)):
        percent = 100 - int(rate[2]) * 10 - int(rate[3] or 0)
        threshold, off, times = m.amount(rate[1]), Money(total.minor * percent // 100, total.currency), 1
    else:
        found = PROMO.search(str(stated)) or PROMO_EN.search(str(stated))
        if found is None:
            raise Faulty("promo", "unknown_promotion")
        threshold, off = m.amount(found[2]), m.amount(found[3])
        times = total.minor // threshold.minor if found[1] and threshold.minor else 1
    return off * times if total >= threshold else m.amount("0")


def _returned_pieces(m: Matter, items: tuple[Facts, ...]) -> list[int]:
    """How many pieces of each item come back."""
    m.need("returned")
    returned = m.facts.items("returned")
    if returned == ("all",):
        return [_qty(item) for item in items]
    known = [item.word("sku") for item in items]
    pieces = [0] * len(items)
    for back in returned:
        sku = back.word("sku") if isinstance(back, Facts) else back
        if sku not in known:
            raise Faulty("returned", "not_among", other="items")
        at = known.index(sku)
        stated = back.count("qty") if isinstance(back, Facts) else None
        pieces[at] += _qty(items[at]) if stated is None else stated
        if pieces[at] > _qty(items[at]):
            raise Faulty("returned", "more_than_bought", most=_qty(items[at]))
    return pieces


def _qty(item: Facts) -> int:
    stated = item.count("qty")
    if stated == 0:
        raise Faulty("items", "items_lack", part="qty")
    return stated or 1


def _less_gift(m: Matter, back: Money) -> Money:
    """A gift that is not returned costs what was marked for it beforehand, else nothing (§12)."""
    kept = [gift for gift in m.facts.records("gifts") if gift.flag("returned") is False]
    if m.facts.flag("gift_returned") is not False and not kept:
        return back
    marked = [gift.money("marked_price") for gift in kept] or [m.facts.money("gift_marked_price")]
    price = sum((one for one in marked if one is not None), m.amount("0"))
    if not price.minor:
        m.say("gift_not_marked", "gift_price")
        return back
    m.say("gift_charged", "gift_price", amount=shown(price))
    m.answer(gift_deducted=price)
    return back - price if price < back else m.amount("0")


def _less_card_fee(m: Matter, least: Money) -> Money:
    """A card fee need not be refunded; one that the seller had waived may be deducted (§16)."""
    if m.facts.money("card_fee_paid_by_buyer") is not None:
        m.say("card_fee_kept", "card_fee")
        m.answer(card_fee_refund_required=False)
    waived = m.facts.money("card_fee_waived_by_seller")
    if waived is None:
        return least
    m.say("card_fee_may_deduct", "card_fee", amount=shown(waived))
    m.answer(card_fee_may_deduct=waived)
    return least - waived if waived < least else m.amount("0")


def _less_freight(m: Matter, least: Money, back: Money) -> Money:
    """Free shipping on a condition that no longer holds: the freight may be deducted (§18(2))."""
    threshold, fee = m.facts.money("free_shipping_threshold"), m.facts.money("shipping_fee_if_below")
    if threshold is None or fee is None:
        return least
    items = m.facts.records("items")
    total = sum((_line(item, m) for item in items), m.amount("0")) if items else m.facts.money("paid") or back
    kept = total - back if back < total else m.amount("0")
    if total < threshold or kept >= threshold:
        m.say("free_shipping_unchanged", "free_shipping")
        m.answer(outbound_freight_may_deduct=m.amount("0"))
        return least
    m.say("freight_may_deduct", "free_shipping", amount=shown(fee))
    m.answer(outbound_freight_may_deduct=fee)
    return least - fee if fee < least else m.amount("0")


def _line(item: Facts, m: Matter) -> Money:
    paid, price = item.money("paid"), item.money("price")
    return paid if paid is not None else (price or m.amount("0")) * _qty(item)


def _methods(m: Matter, back: Money | None) -> None:
    """Back by the methods that paid (§14, §15); no store credit without clear consent."""
    parts, whole = m.facts.records("paid_by"), m.facts.money("paid")
    if parts and whole is not None and whole != _sum_of_methods(m):
        raise Faulty("paid_by", "does_not_add_up", total=shown(whole))
    if parts and back is not None:
        amounts = [part.money("amount") or m.amount("0") for part in parts]
        if sum(amounts, m.amount("0")) < back:
            raise Faulty("paid_by", "does_not_add_up", total=shown(back))
        shares = share(back, [amount.minor for amount in amounts]) if back.minor else amounts
        m.say("same_methods", "same_methods")
        m.answer(
            refund_by=tuple(
                {"method": part.word("method") or "", "amount": amount}
                for part, amount in zip(parts, shares, strict=True)
            )
        )
    if m.facts.any("seller_offers", "buyer_agrees"):
        agreed = m.facts.true("buyer_agrees")
        m.say("other_method_agreed" if agreed else "original_method", "same_methods")
        offered = m.facts.word("seller_offers") or "as_agreed"
        m.answer(refund_method=offered if agreed else "original", store_credit_allowed=agreed)


def _sum_of_methods(m: Matter) -> Money | None:
    parts = m.facts.records("paid_by")
    if not parts:
        return None
    return sum((part.money("amount") or m.amount("0") for part in parts), m.amount("0"))
