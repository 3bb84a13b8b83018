"""QR codes as modules."""

from __future__ import annotations


def qr_matrix(payload: str) -> list[list[bool]]:
    """The modules of a QR code (level M, no quiet zone). Raises ValueError when the text is too
    long for any code.
    """
    import qrcode
    from qrcode.exceptions import DataOverflowError

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(payload.encode())
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError(f"{len(payload)} letters are too long for a QR code") from error
    return [[bool(module) for module in row] for row in code.get_matrix()]
