"""GiroCheckout's result codes and what they mean to us. Pure; a test compares the list with the contract."""

from enum import StrEnum

import structlog

from zahlstelle.payments import ProviderStatus, RefundStatus

_log = structlog.get_logger(__name__)


class VendorCode(StrEnum):
    """Every code the contract lists; `rc` of an answer and `resultPayment` of a payment share the one list."""

    R0 = "0"
    R1900 = "1900"
    R1910 = "1910"
    R1920 = "1920"
    R1930 = "1930"
    R1940 = "1940"
    R2000 = "2000"
    R2400 = "2400"
    R3100 = "3100"
    R3900 = "3900"
    R4000 = "4000"
    R4001 = "4001"
    R4002 = "4002"
    R4020 = "4020"
    R4021 = "4021"
    R4022 = "4022"
    R4051 = "4051"
    R4101 = "4101"
    R4102 = "4102"
    R4103 = "4103"
    R4104 = "4104"
    R4105 = "4105"
    R4106 = "4106"
    R4107 = "4107"
    R4108 = "4108"
    R4151 = "4151"
    R4152 = "4152"
    R4153 = "4153"
    R4154 = "4154"
    R4500 = "4500"
    R4501 = "4501"
    R4502 = "4502"
    R4503 = "4503"
    R4504 = "4504"
    R4505 = "4505"
    R4506 = "4506"
    R4900 = "4900"
    R5000 = "5000"
    R5001 = "5001"
    R5002 = "5002"
    R5003 = "5003"
    R5004 = "5004"
    R5009 = "5009"
    R5010 = "5010"
    R5011 = "5011"
    R5012 = "5012"
    R5013 = "5013"
    R5014 = "5014"
    R5015 = "5015"
    R5016 = "5016"
    R5017 = "5017"
    R5018 = "5018"
    R5019 = "5019"
    R5020 = "5020"
    R5021 = "5021"
    R5022 = "5022"
    R5023 = "5023"
    R5024 = "5024"
    R5025 = "5025"
    R5026 = "5026"
    R5027 = "5027"
    R5028 = "5028"
    R5029 = "5029"
    R5030 = "5030"
    R5031 = "5031"
    R5032 = "5032"
    R5033 = "5033"
    R5034 = "5034"
    R5035 = "5035"
    R5040 = "5040"
    R5041 = "5041"
    R5042 = "5042"
    R5043 = "5043"
    R5044 = "5044"
    R5045 = "5045"
    R5046 = "5046"
    R5047 = "5047"
    R5048 = "5048"
    R5049 = "5049"
    R5050 = "5050"
    R5051 = "5051"
    R5052 = "5052"
    R5053 = "5053"
    R5054 = "5054"
    R5055 = "5055"
    R5056 = "5056"
    R5060 = "5060"
    R5061 = "5061"
    R5062 = "5062"
    R5063 = "5063"
    R5064 = "5064"
    R5065 = "5065"
    R5066 = "5066"
    R5067 = "5067"
    R5068 = "5068"
    R5069 = "5069"
    R5070 = "5070"
    R5071 = "5071"
    R5072 = "5072"
    R5073 = "5073"
    R5074 = "5074"
    R5075 = "5075"
    R5076 = "5076"
    R5077 = "5077"
    R5078 = "5078"
    R5079 = "5079"
    R5080 = "5080"
    R5081 = "5081"
    R5082 = "5082"
    R5083 = "5083"
    R5084 = "5084"
    R5085 = "5085"
    R5086 = "5086"
    R5087 = "5087"
    R5088 = "5088"
    R5089 = "5089"
    R5090 = "5090"
    R5091 = "5091"
    R5092 = "5092"
    R5093 = "5093"
    R5094 = "5094"
    R5095 = "5095"
    R5096 = "5096"
    R5097 = "5097"
    R5098 = "5098"
    R5099 = "5099"
    R5100 = "5100"
    R5101 = "5101"
    R5102 = "5102"
    R5103 = "5103"
    R5104 = "5104"
    R5105 = "5105"
    R5106 = "5106"
    R5107 = "5107"
    R5108 = "5108"
    R5109 = "5109"
    R5110 = "5110"
    R5111 = "5111"
    R5112 = "5112"
    R5113 = "5113"
    R5114 = "5114"
    R5115 = "5115"
    R5116 = "5116"
    R5117 = "5117"
    R5118 = "5118"
    R5119 = "5119"
    R5120 = "5120"
    R5121 = "5121"
    R5200 = "5200"
    R5201 = "5201"
    R5202 = "5202"
    R5203 = "5203"
    R5204 = "5204"
    R5205 = "5205"
    R5500 = "5500"
    R5501 = "5501"
    R5502 = "5502"
    R5503 = "5503"
    R5504 = "5504"
    R5505 = "5505"
    R5506 = "5506"
    R5507 = "5507"
    R5508 = "5508"
    R6001 = "6001"
    R6002 = "6002"
    R7000 = "7000"
    R7001 = "7001"
    R9999 = "9999"


_V, _S = VendorCode, ProviderStatus
# What a code means as the result of a payment. One that is no such result is UNKNOWN: a person looks.
MEANING: dict[VendorCode, ProviderStatus] = {
    _V.R0: _S.UNKNOWN,  # a call was taken; says nothing of a payment
    _V.R1900: _S.DECLINED,
    _V.R1910: _S.DECLINED,
    _V.R1920: _S.DECLINED,
    _V.R1930: _S.DECLINED,
    _V.R1940: _S.DECLINED,
    _V.R2000: _S.EXPIRED,
    _V.R2400: _S.DECLINED,
    _V.R3100: _S.CANCELLED,
    _V.R3900: _S.DECLINED,
    _V.R4000: _S.PAID,
    _V.R4001: _S.DECLINED,
    _V.R4002: _S.DECLINED,
    _V.R4020: _S.UNKNOWN,  # of a verification, not of a payment
    _V.R4021: _S.UNKNOWN,
    _V.R4022: _S.UNKNOWN,
    _V.R4051: _S.DECLINED,
    _V.R4101: _S.DECLINED,
    _V.R4102: _S.DECLINED,  # 3-D Secure failed
    _V.R4103: _S.DECLINED,
    _V.R4104: _S.DECLINED,
    _V.R4105: _S.DECLINED,
    _V.R4106: _S.DECLINED,
    _V.R4107: _S.DECLINED,
    _V.R4108: _S.DECLINED,
    _V.R4151: _S.DECLINED,
    _V.R4152: _S.UNKNOWN,  # PayPal is not done with it: a person looks
    _V.R4153: _S.DECLINED,
    _V.R4154: _S.UNKNOWN,  # PayPal has not finished it: it may yet be paid
    _V.R4500: _S.UNKNOWN,  # the outcome is not known there either
    _V.R4501: _S.EXPIRED,  # the citizen did not finish in time
    _V.R4502: _S.CANCELLED,  # the citizen gave up
    _V.R4503: _S.UNKNOWN,  # a double: the other one may be paid
    _V.R4504: _S.DECLINED,
    _V.R4505: _S.DECLINED,
    _V.R4506: _S.DECLINED,
    _V.R4900: _S.DECLINED,
    _V.R5000: _S.UNKNOWN,
    _V.R5001: _S.UNKNOWN,
    _V.R5002: _S.UNKNOWN,  # from here on faults of a call, never a payment's outcome
    _V.R5003: _S.UNKNOWN,
    _V.R5004: _S.UNKNOWN,
    _V.R5009: _S.UNKNOWN,
    _V.R5010: _S.UNKNOWN,
    _V.R5011: _S.UNKNOWN,
    _V.R5012: _S.UNKNOWN,
    _V.R5013: _S.UNKNOWN,
    _V.R5014: _S.UNKNOWN,
    _V.R5015: _S.UNKNOWN,
    _V.R5016: _S.UNKNOWN,
    _V.R5017: _S.UNKNOWN,
    _V.R5018: _S.UNKNOWN,
    _V.R5019: _S.UNKNOWN,
    _V.R5020: _S.UNKNOWN,
    _V.R5021: _S.UNKNOWN,
    _V.R5022: _S.UNKNOWN,
    _V.R5023: _S.UNKNOWN,
    _V.R5024: _S.UNKNOWN,
    _V.R5025: _S.UNKNOWN,
    _V.R5026: _S.UNKNOWN,
    _V.R5027: _S.UNKNOWN,
    _V.R5028: _S.UNKNOWN,
    _V.R5029: _S.UNKNOWN,
    _V.R5030: _S.UNKNOWN,
    _V.R5031: _S.UNKNOWN,
    _V.R5032: _S.UNKNOWN,
    _V.R5033: _S.UNKNOWN,
    _V.R5034: _S.UNKNOWN,
    _V.R5035: _S.UNKNOWN,
    _V.R5040: _S.UNKNOWN,
    _V.R5041: _S.UNKNOWN,
    _V.R5042: _S.UNKNOWN,
    _V.R5043: _S.UNKNOWN,
    _V.R5044: _S.UNKNOWN,
    _V.R5045: _S.UNKNOWN,
    _V.R5046: _S.UNKNOWN,
    _V.R5047: _S.UNKNOWN,
    _V.R5048: _S.UNKNOWN,
    _V.R5049: _S.UNKNOWN,
    _V.R5050: _S.UNKNOWN,
    _V.R5051: _S.UNKNOWN,
    _V.R5052: _S.UNKNOWN,
    _V.R5053: _S.UNKNOWN,
    _V.R5054: _S.UNKNOWN,
    _V.R5055: _S.UNKNOWN,
    _V.R5056: _S.UNKNOWN,
    _V.R5060: _S.UNKNOWN,
    _V.R5061: _S.UNKNOWN,
    _V.R5062: _S.UNKNOWN,
    _V.R5063: _S.UNKNOWN,
    _V.R5064: _S.UNKNOWN,
    _V.R5065: _S.UNKNOWN,
    _V.R5066: _S.UNKNOWN,
    _V.R5067: _S.UNKNOWN,
    _V.R5068: _S.UNKNOWN,
    _V.R5069: _S.UNKNOWN,
    _V.R5070: _S.UNKNOWN,
    _V.R5071: _S.UNKNOWN,
    _V.R5072: _S.UNKNOWN,
    _V.R5073: _S.UNKNOWN,
    _V.R5074: _S.UNKNOWN,
    _V.R5075: _S.UNKNOWN,
    _V.R5076: _S.UNKNOWN,
    _V.R5077: _S.UNKNOWN,
    _V.R5078: _S.UNKNOWN,
    _V.R5079: _S.UNKNOWN,
    _V.R5080: _S.UNKNOWN,
    _V.R5081: _S.UNKNOWN,
    _V.R5082: _S.UNKNOWN,
    _V.R5083: _S.UNKNOWN,
    _V.R5084: _S.UNKNOWN,
    _V.R5085: _S.UNKNOWN,
    _V.R5086: _S.UNKNOWN,
    _V.R5087: _S.UNKNOWN,
    _V.R5088: _S.UNKNOWN,
    _V.R5089: _S.UNKNOWN,
    _V.R5090: _S.UNKNOWN,
    _V.R5091: _S.UNKNOWN,
    _V.R5092: _S.UNKNOWN,
    _V.R5093: _S.UNKNOWN,
    _V.R5094: _S.UNKNOWN,
    _V.R5095: _S.UNKNOWN,
    _V.R5096: _S.UNKNOWN,
    _V.R5097: _S.UNKNOWN,
    _V.R5098: _S.UNKNOWN,
    _V.R5099: _S.UNKNOWN,
    _V.R5100: _S.UNKNOWN,  # the processor behind it failed: it may have been paid
    _V.R5101: _S.UNKNOWN,  # the processor could not be reached: it may have been paid
    _V.R5102: _S.UNKNOWN,
    _V.R5103: _S.UNKNOWN,
    _V.R5104: _S.UNKNOWN,
    _V.R5105: _S.UNKNOWN,
    _V.R5106: _S.UNKNOWN,
    _V.R5107: _S.UNKNOWN,
    _V.R5108: _S.UNKNOWN,
    _V.R5109: _S.UNKNOWN,
    _V.R5110: _S.UNKNOWN,
    _V.R5111: _S.UNKNOWN,
    _V.R5112: _S.UNKNOWN,
    _V.R5113: _S.UNKNOWN,
    _V.R5114: _S.UNKNOWN,
    _V.R5115: _S.UNKNOWN,
    _V.R5116: _S.UNKNOWN,
    _V.R5117: _S.UNKNOWN,
    _V.R5118: _S.UNKNOWN,
    _V.R5119: _S.UNKNOWN,
    _V.R5120: _S.UNKNOWN,
    _V.R5121: _S.UNKNOWN,
    _V.R5200: _S.DECLINED,
    _V.R5201: _S.DECLINED,
    _V.R5202: _S.DECLINED,
    _V.R5203: _S.DECLINED,
    _V.R5204: _S.DECLINED,
    _V.R5205: _S.DECLINED,
    _V.R5500: _S.UNKNOWN,
    _V.R5501: _S.UNKNOWN,
    _V.R5502: _S.UNKNOWN,
    _V.R5503: _S.UNKNOWN,
    _V.R5504: _S.UNKNOWN,
    _V.R5505: _S.UNKNOWN,
    _V.R5506: _S.UNKNOWN,
    _V.R5507: _S.UNKNOWN,
    _V.R5508: _S.DECLINED,
    _V.R6001: _S.DECLINED,
    _V.R6002: _S.DECLINED,
    _V.R7000: _S.UNKNOWN,
    _V.R7001: _S.DECLINED,
    _V.R9999: _S.UNKNOWN,  # an inner error: nothing is certain
}

# As the answer to a call that would make something, these do not mean that nothing was made.
NOT_CERTAIN = frozenset({"4152", "4154", "4500", "4503", "5100", "5101", "9999"})


def meaning(code: str) -> ProviderStatus:
    """Say what a payment's result means. A code never heard is UNKNOWN and logged: neither paid nor failed."""
    try:
        return MEANING[VendorCode(code)]
    except ValueError:
        _log.warning("provider_word_unknown", provider="girocheckout", word=code[:40])
        return ProviderStatus.UNKNOWN


# What the same codes mean as the result of a refund: certainly nothing went back, or it did, or nobody knows.
REFUND: dict[ProviderStatus, RefundStatus] = {
    _S.OPEN: RefundStatus.PENDING,
    _S.PENDING: RefundStatus.PENDING,
    _S.PAID: RefundStatus.DONE,
    _S.DECLINED: RefundStatus.REFUSED,
    _S.CANCELLED: RefundStatus.REFUSED,
    _S.EXPIRED: RefundStatus.UNKNOWN,
    _S.UNKNOWN: RefundStatus.UNKNOWN,
}
