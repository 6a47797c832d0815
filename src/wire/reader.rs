//! A bounds-checked cursor that knows its offset.

use crate::error::{HeaderError, HeaderErrorKind};

/// Reads from the front of a slice. Every error has the offset of the item that could not be read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    /// A reader of a whole input runs out of bytes if the input was cut, a reader of a section if
    /// an item is too long for it. This is the error to report.
    shortage: HeaderErrorKind,
}

impl<'a> Reader<'a> {
    /// Creates a reader of a whole input, which was cut if it is too short.
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { rest: input, offset: 0, shortage: HeaderErrorKind::Truncated }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Returns what has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], HeaderError> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            return Err(HeaderError::new(self.shortage, self.offset));
        };
        self.rest = rest;
        self.offset += len;
        Ok(taken)
    }

    /// Returns a reader of the next `len` bytes. An item that reaches beyond them overruns the
    /// section.
    pub(super) fn section(&mut self, len: usize) -> Result<Self, HeaderError> {
        let offset = self.offset;
        let rest = self.bytes(len)?;
        Ok(Self { rest, offset, shortage: HeaderErrorKind::ItemOverrun })
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(HeaderError::new(self.shortage, self.offset));
        };
        self.rest = rest;
        self.offset += N;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, HeaderError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, HeaderError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, HeaderError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Reads the type of a field or record (SPEC §3.2).
    pub(super) fn item_type(&mut self) -> Result<u16, HeaderError> {
        let start = self.offset;
        match self.u16()? {
            0 => Err(HeaderError::new(HeaderErrorKind::TypeZero, start)),
            item_type => Ok(item_type),
        }
    }

    /// Reads the length of the value of a field or record.
    pub(super) fn item_len(&mut self) -> Result<usize, HeaderError> {
        let start = self.offset;
        usize::try_from(self.u32()?).map_err(|_| HeaderError::new(HeaderErrorKind::ItemOverrun, start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_read_names_its_offset_and_takes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u32(), Err(HeaderError::new(HeaderErrorKind::Truncated, 1)));
        assert_eq!(reader.u16(), Ok(0x0203));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_section_cannot_be_left() {
        let mut reader = Reader::new(&[1, 2, 3]);
        let mut section = reader.section(2).unwrap();
        assert_eq!(section.bytes(3), Err(HeaderError::new(HeaderErrorKind::ItemOverrun, 0)));
        assert_eq!(section.bytes(2), Ok(&[1, 2][..]));
        assert_eq!(reader.u8(), Ok(3));
    }
}
