//! Getting at a tensor's numbers, and making new tensors without filling them first.

use burn::backend::{Shape, TensorData, TensorMetadata};
use burn_flex::FlexTensor;

/// Elements per parallel piece of elementwise work: 64 KiB.
pub(super) const PIECE: usize = 1 << 14;

/// The tensor itself where its elements lie in order and fill its buffer, else a copy that does.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    let fills = tensor.bytes().len() == tensor.shape().num_elements() * size_of::<f32>();
    match tensor.is_contiguous() && tensor.layout().start_offset() == 0 && fills {
        true => tensor,
        false => tensor.to_contiguous(),
    }
}

/// The elements of a tensor made by [`contiguous`].
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

/// A buffer to be overwritten, with arbitrary contents.
pub(super) fn unfilled(length: usize) -> Vec<f32> {
    let mut buffer = Vec::<f32>::with_capacity(length);
    // SAFETY: the capacity is there, any bits are an `f32`, and every caller writes each element
    // before it reads it.
    #[allow(clippy::uninit_vec)] // filling first would cost a pass over memory per operation
    unsafe {
        buffer.set_len(length);
    }
    buffer
}

/// A tensor of these elements.
pub(super) fn tensor(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Last dimension and product of the others.
pub(super) fn rows_and_width(tensor: &FlexTensor) -> (usize, usize) {
    let shape = tensor.shape();
    let width = shape.iter().last().copied().unwrap_or(1);
    (shape.num_elements() / width.max(1), width)
}

/// A pointer that tasks may share because each writes to its own elements.
#[derive(Clone, Copy)]
pub(super) struct Shared(*mut f32);

// SAFETY: it is only an address; those who dereference it answer for disjointness.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub(super) fn new(slice: &mut [f32]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// The address of an element.
    ///
    /// # Safety
    /// `offset` lies within the slice this was made from.
    pub(super) unsafe fn at(self, offset: usize) -> *mut f32 {
        // SAFETY: the caller keeps within the slice.
        unsafe { self.0.add(offset) }
    }
}
