"""How long a tap takes: counted work, times what each kind of work costs where it is done.

Work is counted by what does it (`chip.Element.work`, `links.tap.TapTerminal`, the verifiers of both sides),
so a figure follows from the very commands, signatures and page writes of a payment. The costs are published
figures, each with its source beside it; what no source was found for is marked as an assumption. One thing
is done after the other: nothing overlaps. `scripts/measure_taps.py` prints the table of the reference.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

HASH_BLOCK_BYTES: Final = 64
"""Block of SHA-256 (FIPS 180-4); SHA-512, with blocks of 128, is counted in the same way."""


class Work(NamedTuple):
    """Work that was done, counted.

    Attributes:
        exchanges: commands with their responses
        carried_bytes: bytes of all commands and responses
        signatures: Ed25519 signatures made
        verifications: Ed25519 signatures checked
        hashed_bytes: bytes that went through SHA-256 or SHA-512
        pages: pages of non-volatile memory written
    """

    exchanges: int = 0
    carried_bytes: int = 0
    signatures: int = 0
    verifications: int = 0
    hashed_bytes: int = 0
    pages: int = 0

    def plus(self, other: "Work") -> "Work":
        """Both, one after the other."""
        return Work(*(mine + its for mine, its in zip(self, other, strict=True)))

    def since(self, earlier: "Work") -> "Work":
        """What was done since `earlier`."""
        return Work(*(now - then for now, then in zip(self, earlier, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What work costs somewhere: nanoseconds a byte carried, microseconds for the rest; 0 for none of it."""

    name: str
    byte_ns: int = 0
    exchange_us: int = 0
    signature_us: int = 0
    verification_us: int = 0
    hash_block_us: int = 0
    page_us: int = 0

    def __post_init__(self) -> None:
        costs = (self.byte_ns, self.exchange_us, self.signature_us, self.verification_us)
        if min(*costs, self.hash_block_us, self.page_us) < 0:
            raise ValueError("work costs no time less than none")


def latency_us(work: Work, profile: Profile) -> int:
    """Microseconds that work takes where it costs as `profile` says."""
    blocks = -(-work.hashed_bytes // HASH_BLOCK_BYTES)
    return (
        work.carried_bytes * profile.byte_ns // 1_000
        + work.exchanges * profile.exchange_us
        + work.signatures * profile.signature_us
        + work.verifications * profile.verification_us
        + blocks * profile.hash_block_us
        + work.pages * profile.page_us
    )


# --- interfaces -----------------------------------------------------------------------------------------

CARRIER_HZ: Final = 13_560_000
_FRAME_BYTES: Final = 3
_FRAME_DELAY_US: Final = 1_172 * 1_000_000 // CARRIER_HZ


def _contactless(name: str, divisor: int) -> Profile:
    """ISO/IEC 14443 type A at a bit rate of carrier / `divisor`.

    A byte is 8 bits and parity, and before each frame at least 1,172 carrier periods pass (part 3: frames,
    frame delay time); a block adds a PCB and 2 bytes of CRC (part 4). Activation, chained blocks and blocks
    that are asked for again are not counted.
    """
    byte_ns = 9 * divisor * 1_000_000_000 // CARRIER_HZ
    return Profile(
        name=name,
        byte_ns=byte_ns,
        exchange_us=2 * (_FRAME_BYTES * byte_ns // 1_000 + _FRAME_DELAY_US),
    )


NFC_106: Final = _contactless("NFC 106 kbit/s", 128)
NFC_424: Final = _contactless("NFC 424 kbit/s", 32)
NFC_848: Final = _contactless("NFC 848 kbit/s", 16)

I2C: Final = Profile(name="embedded, I2C 1 Mbit/s", byte_ns=9_000, exchange_us=90)
"""Fast-mode Plus, 9 clocks a byte (NXP UM10204, I2C-bus specification); a T=1 block adds about 5 bytes each
way (GlobalPlatform GPC_SPE_172). That nobody waits between two blocks is an assumption."""
SIM: Final = Profile(name="SIM, 312 kbit/s", byte_ns=38_400, exchange_us=384)
"""ISO/IEC 7816-3: 12 etu a byte (T=0), 312,500 bit/s at F/D = 512/32 and 5 MHz; procedure bytes and GET
RESPONSE add about 10 bytes a command. That the SIM has agreed to F/D = 512/32 is an assumption."""
ONE_CHIP: Final = Profile(name="one chip")
"""Wallet and element are one program: nothing is carried."""

# --- where things are computed --------------------------------------------------------------------------

SE050: Final = Profile(
    name="SE050", signature_us=261_323, verification_us=143_541, hash_block_us=1_560, page_us=2_860
)
"""A secure element with Ed25519 in its firmware. Signature and verification: wolfSSL on a Raspberry Pi,
November 2021 (wolfssl.com/2021/11, "wolfSSL NXP SE050 Support"), the bus included. Hash and page: as those of
JAVA_CARD (an assumption: chips of one maker)."""
JAVA_CARD: Final = Profile(
    name="Java Card", signature_us=800_000, verification_us=1_600_000, hash_block_us=1_560, page_us=2_860
)
"""A card without Ed25519 in its firmware. Signature: JCEd25519 on an NXP J3R200 (github.com/dufkan/JCEd25519,
issue 3, February 2024). Verification: twice a signature (an assumption; issue 1 there). Hash and page:
JCAlgTest on an NXP J3R180, October 2021 (github.com/crocs-muni/jcalgtest_results): 4 blocks of SHA-256 take
6.25 ms, and 256 bytes from RAM to EEPROM as a whole 2.86 ms."""
PHONE: Final = Profile(name="phone", signature_us=173, verification_us=533)
"""An application processor: OpenSSL 3.1 on an Intel Airmont, 276,825 and 853,552 cycles
(lib25519.cr.yp.to/speed.html, 2023). That a phone is no slower than it is at 1.6 GHz is an assumption.
Hashing and its own storage are not counted."""
READER: Final = Profile(name="gate", signature_us=15_910, verification_us=35_420)
"""A gate's microcontroller: SEGGER emCrypt on an STM32H753 at 400 MHz, August 2019 (kb.segger.com, "EdDSA
Sign Verify STM32H753"). Hashing and its own storage are not counted."""


class Setup(NamedTuple):
    """Who taps what: the link, the payer's processor, its way to its element, the chip, the gate."""

    name: str
    link: Profile
    host: Profile
    bus: Profile
    chip: Profile
    gate: Profile


SETUPS: Final = (
    Setup("Java Card", NFC_106, JAVA_CARD, ONE_CHIP, JAVA_CARD, READER),
    Setup("card", NFC_106, SE050, ONE_CHIP, SE050, READER),
    Setup("card, 424 kbit/s", NFC_424, SE050, ONE_CHIP, SE050, READER),
    Setup("card, 848 kbit/s", NFC_848, SE050, ONE_CHIP, SE050, READER),
    Setup("phone, embedded element", NFC_106, PHONE, I2C, SE050, READER),
    Setup("phone, SIM", NFC_106, PHONE, SIM, SE050, READER),
    Setup("phone, soft", NFC_106, PHONE, ONE_CHIP, PHONE, READER),
)


class TapWork(NamedTuple):
    """The work of a tap, or of a part of one, by where it is done."""

    link: Work = Work()
    host: Work = Work()
    element: Work = Work()
    gate: Work = Work()

    def plus(self, other: "TapWork") -> "TapWork":
        """Both, one after the other."""
        return TapWork(*(mine.plus(its) for mine, its in zip(self, other, strict=True)))

    def since(self, earlier: "TapWork") -> "TapWork":
        """What was done since `earlier`."""
        return TapWork(*(now.since(then) for now, then in zip(self, earlier, strict=True)))


class TapTime(NamedTuple):
    """Microseconds of a tap by where they pass."""

    link_us: int
    payer_us: int
    gate_us: int

    @property
    def total_us(self) -> int:
        """All of it."""
        return sum(self)


def tap_time(work: TapWork, setup: Setup) -> TapTime:
    """How long it takes."""
    return TapTime(
        link_us=latency_us(work.link, setup.link),
        payer_us=latency_us(work.host, setup.host)
        + latency_us(work.element, setup.bus)
        + latency_us(work.element, setup.chip),
        gate_us=latency_us(work.gate, setup.gate),
    )
