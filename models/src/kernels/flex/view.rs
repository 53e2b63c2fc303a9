//! What products are of and where they go: strided views of matrices, targets, and the sizes of the
//! register tile. Every instruction set's kernels use them.

/// A strided view of a matrix.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// Rows `row_stride` apart, columns next to each other.
    pub(super) fn rows(values: &'a [f32], row_stride: usize) -> Self {
        Self { values, row_stride, column_stride: 1 }
    }

    /// The matrix on its side.
    pub(super) fn transposed(self) -> Self {
        Self { row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    /// What lies below and to the right of an element.
    pub(super) fn from(self, row: usize, column: usize) -> Self {
        let offset = row * self.row_stride + column * self.column_stride;
        Self { values: &self.values[offset.min(self.values.len())..], ..self }
    }

    /// The address of an element, which the caller keeps within the view.
    pub(super) fn at(&self, row: usize, column: usize) -> *const f32 {
        let offset = row * self.row_stride + column * self.column_stride;
        self.values.as_ptr().wrapping_add(offset)
    }

    /// Distances between rows and between columns.
    pub(super) fn strides(&self) -> (usize, usize) {
        (self.row_stride, self.column_stride)
    }

    /// What the matrix is a view of.
    pub(super) fn values(&self) -> &'a [f32] {
        self.values
    }

    /// The same view of other values.
    pub(super) fn onto<'b>(self, values: &'b [f32]) -> View<'b> {
        View { values, row_stride: self.row_stride, column_stride: self.column_stride }
    }

    pub(super) fn row_stride(&self) -> usize {
        self.row_stride
    }

    pub(super) fn column_stride(&self) -> usize {
        self.column_stride
    }

    /// Whether a matrix of this size lies within the slice.
    pub(super) fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Initial<'a> {
    /// Nothing: the target is overwritten.
    Zero,
    /// What the target holds.
    Target,
    /// The same numbers in every row.
    Rows(&'a [f32]),
}

/// Where a product goes: rows `stride` apart, columns next to each other.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub start: *mut f32,
    pub stride: usize,
    pub initial: Initial<'a>,
}

/// Rows of the register tile, of which parts are made on any processor.
pub(super) const TILE_ROWS: usize = 14;
/// Columns of the register tile: two registers.
pub(super) const TILE_COLUMNS: usize = 32;
