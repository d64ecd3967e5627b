"""PAYONE's own client in Python speaks to the sandbox. Run by its own interpreter, never imported by ours.

Started with the address, the merchant, the key and its secret; prints what was answered as JSON. The client writes
null for all it has no value for, which the description does not allow; its requests go out without them.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
from pcp_serversdk_python.CommunicatorConfiguration import CommunicatorConfiguration
from pcp_serversdk_python.endpoints import (
    AuthenticationApiClient,
    CheckoutApiClient,
    CommerceCaseApiClient,
    PaymentExecutionApiClient,
)
from pcp_serversdk_python.errors import ApiErrorResponseException
from pcp_serversdk_python.models import (
    AmountOfMoney,
    CancelPaymentRequest,
    CheckoutReferences,
    CreateCheckoutRequest,
    CreateCommerceCaseRequest,
    OrderRequest,
    OrderType,
    PaymentChannel,
    PaymentMethodSpecificInput,
    PaymentReferencesForRefund,
    PositiveAmountOfMoney,
    RedirectionData,
    RedirectPaymentMethodSpecificInput,
    References,
    RefundRequest,
    ReturnInformation,
)

BASE, MERCHANT, KEY, SECRET, PAY = sys.argv[1:6]


class WithoutNulls(httpx.AsyncClient):
    async def request(self, method: str, url: Any, **more: Any) -> httpx.Response:
        content = more.pop("content", b"")
        headers = {name: value for name, value in more.pop("headers").items() if name.lower() != "content-length"}
        told = json.dumps(without_nulls(json.loads(content))).encode() if content else None
        return await super().request(method, url, headers=headers, content=told)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def order(reference: str) -> CreateCommerceCaseRequest:
    redirect = RedirectPaymentMethodSpecificInput(
        paymentProductId=840,
        requiresApproval=False,
        redirectionData=RedirectionData(returnUrl="http://127.0.0.1:9/back"),
    )
    how = PaymentMethodSpecificInput(
        redirectPaymentMethodSpecificInput=redirect, paymentChannel=PaymentChannel.ECOMMERCE
    )
    asked = OrderRequest(
        orderType=OrderType.FULL,
        orderReferences=References(merchantReference=reference),
        paymentMethodSpecificInput=how,
    )
    checkout = CreateCheckoutRequest(
        amountOfMoney=AmountOfMoney(amount=3700, currencyCode="EUR"),
        references=CheckoutReferences(merchantReference=f"checkout-{reference}"),
        orderRequest=asked,
        autoExecuteOrder=True,
    )
    return CreateCommerceCaseRequest(merchantReference=f"case-{reference}", checkout=checkout)


def back(reference: str, cents: int) -> RefundRequest:
    return RefundRequest(
        amountOfMoney=PositiveAmountOfMoney(amount=cents, currencyCode="EUR"),
        references=PaymentReferencesForRefund(merchantReference=reference),
        return_info=ReturnInformation(returnReason="too much"),
    )


async def main() -> dict[str, Any]:
    async with WithoutNulls(trust_env=False) as client:
        config = CommunicatorConfiguration(KEY, SECRET, BASE, client)
        cases, checkouts = CommerceCaseApiClient(config), CheckoutApiClient(config)
        executions = PaymentExecutionApiClient(config)
        told: dict[str, Any] = {}
        told["pass"] = len((await AuthenticationApiClient(config).get_authentication_tokens(MERCHANT)).token)

        made = await cases.create_commerce_case_request(MERCHANT, order("sdk-1"))
        paying = made.checkout.paymentResponse
        told["redirect"] = paying.merchantAction.redirectData.redirectURL
        place = (MERCHANT, made.commerceCaseId, made.checkout.checkoutId)
        told["open"] = await state(checkouts, place)
        async with httpx.AsyncClient(trust_env=False) as citizen:
            card = {"number": PAY, "expiry": "12/99", "cvc": "123", "holder": ""}
            await citizen.post(told["redirect"], data=card)
        told["paid"] = await state(checkouts, place)
        given = await executions.refund_payment(*place, paying.paymentExecutionId, back("sdk-back", 1200))
        told["refund"] = given.status.value
        told["refunded"] = await state(checkouts, place)
        try:
            await executions.refund_payment(*place, paying.paymentExecutionId, back("sdk-more", 2501))
        except ApiErrorResponseException as error:
            told["more"] = [error.status_code, error.errors[0].errorCode]

        other = await cases.create_commerce_case_request(MERCHANT, order("sdk-2"))
        where = (MERCHANT, other.commerceCaseId, other.checkout.checkoutId)
        name = other.checkout.paymentResponse.paymentExecutionId
        given_up = await executions.cancel_payment(*where, name, CancelPaymentRequest())
        told["cancelled"] = given_up.payment.status.value

        stranger = CommunicatorConfiguration(KEY, "another secret", BASE, client)
        try:
            await CommerceCaseApiClient(stranger).create_commerce_case_request(MERCHANT, order("sdk-3"))
        except ApiErrorResponseException as error:
            told["stranger"] = error.status_code
        return told


async def state(checkouts: CheckoutApiClient, place: tuple[str, str, str]) -> list[Any]:
    said = await checkouts.get_checkout_request(*place)
    sums = said.statusOutput
    return [said.checkoutStatus.value, sums.paymentStatus.value, sums.collectedAmount, sums.refundedAmount]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
