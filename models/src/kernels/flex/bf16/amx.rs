//! Blocks on Intel's matrix unit (AMX-BF16): eight tile registers, four of them sums.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;

use super::tiles::Block;

/// The tiles' shapes as the processor wants them: 16 rows of 64 bytes each.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Whether the processor has the unit and the operating system lets this process use it. Linux
/// wants to be asked (Documentation/arch/x86/xstate.rst); other systems are taken to refuse.
pub(super) fn available() -> bool {
    const BF16_AND_TILES: u32 = 1 << 22 | 1 << 24;
    let has_unit =
        __cpuid_count(0, 0).eax >= 7 && __cpuid_count(7, 0).edx & BF16_AND_TILES == BF16_AND_TILES;
    has_unit && permitted()
}

#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_ulong = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_ulong = 18;
    // SAFETY: the call takes two numbers and answers with one.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// Computes blocks.
///
/// # Safety
/// [`available`], and the blocks' operands and targets are there.
pub(super) unsafe fn block(blocks: &mut dyn Iterator<Item = Block>) {
    // SAFETY: the shapes are those of palette 1.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPES, options(nostack)) };
    for block in blocks {
        let low = block.target.wrapping_add(16 * block.stride);
        // SAFETY: panels have `depth` tiles of 1024 bytes, at least one; the target has 32 rows of
        // 32.
        unsafe {
            asm!(
                // Every row begins with the initial one: a stride of zero.
                "tileloadd tmm0, [{initial} + {zero}]",
                "tileloadd tmm1, [{initial} + {zero} + 64]",
                "tileloadd tmm2, [{initial} + {zero}]",
                "tileloadd tmm3, [{initial} + {zero} + 64]",
                "2:",
                "tileloadd tmm4, [{a0} + {row}]",
                "tileloadd tmm6, [{b0} + {row}]",
                "tileloadd tmm7, [{b1} + {row}]",
                "tileloadd tmm5, [{a1} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {a0}, 1024",
                "add {a1}, 1024",
                "add {b0}, 1024",
                "add {b1}, 1024",
                "dec {depth}",
                "jnz 2b",
                "tilestored [{to} + {stride}], tmm0",
                "tilestored [{to} + {stride} + 64], tmm1",
                "tilestored [{low} + {stride}], tmm2",
                "tilestored [{low} + {stride} + 64], tmm3",
                initial = in(reg) block.initial,
                zero = in(reg) 0usize,
                row = in(reg) 64usize,
                a0 = inout(reg) block.left[0] => _,
                a1 = inout(reg) block.left[1] => _,
                b0 = inout(reg) block.right[0] => _,
                b1 = inout(reg) block.right[1] => _,
                depth = inout(reg) block.depth => _,
                to = in(reg) block.target,
                low = in(reg) low,
                stride = in(reg) 4 * block.stride,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
    // SAFETY: leaves the tiles as they were before this function.
    unsafe { asm!("tilerelease", options(nostack, nomem)) };
}
