//! Backends by name: which are compiled in, and the device each stands for.
//!
//! A cargo feature compiles a backend in; a name picks among them at run time. Nothing else in the framework names a
//! backend: tensors carry their device, and networks are built on whatever device they are given.

use std::{fmt, str::FromStr};

use burn::tensor::Device;
#[cfg(any(feature = "wgpu", feature = "vulkan"))]
use burn::tensor::{DeviceKind, DeviceType};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A backend Taskgraft can be compiled with; the name is also that of the cargo feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Burn's Flex with Taskgraft's own kernels: pure Rust, any CPU.
    Cpu,
    Ndarray,
    Wgpu,
    Vulkan,
    Metal,
    Cuda,
    Rocm,
    /// LibTorch.
    Tch,
}

impl Backend {
    /// Every backend there is, compiled in or not.
    pub const ALL: [Backend; 8] = [
        Backend::Cpu,
        Backend::Ndarray,
        Backend::Wgpu,
        Backend::Vulkan,
        Backend::Metal,
        Backend::Cuda,
        Backend::Rocm,
        Backend::Tch,
    ];

    /// The name on the command line, which is the cargo feature's.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Cpu => "cpu",
            Backend::Ndarray => "ndarray",
            Backend::Wgpu => "wgpu",
            Backend::Vulkan => "vulkan",
            Backend::Metal => "metal",
            Backend::Cuda => "cuda",
            Backend::Rocm => "rocm",
            Backend::Tch => "tch",
        }
    }

    /// Whether this program was compiled with it.
    pub fn is_compiled_in(self) -> bool {
        match self {
            Backend::Cpu => cfg!(feature = "cpu"),
            Backend::Ndarray => cfg!(feature = "ndarray"),
            Backend::Wgpu => cfg!(feature = "wgpu"),
            Backend::Vulkan => cfg!(feature = "vulkan"),
            Backend::Metal => cfg!(feature = "metal"),
            Backend::Cuda => cfg!(feature = "cuda"),
            Backend::Rocm => cfg!(feature = "rocm"),
            Backend::Tch => cfg!(feature = "tch"),
        }
    }

    /// What multiplies bfloat16 operands, in words.
    pub fn bf16_products(self) -> String {
        match self {
            #[cfg(feature = "cpu")]
            Backend::Cpu => taskgraft_models::kernels::Bf16Unit::here().to_string(),
            _ => "the backend, or in float32 where it has no bfloat16 units".into(),
        }
    }

    /// The backends this program was compiled with.
    pub fn compiled_in() -> Vec<Backend> {
        Self::ALL.into_iter().filter(|b| b.is_compiled_in()).collect()
    }

    /// What is used where none is named: a GPU backend if one is compiled in, since whoever asked for the feature
    /// wants it, else the CPU.
    ///
    /// # Errors
    /// If the program was compiled without any backend.
    pub fn default_choice() -> Result<Backend> {
        use Backend::*;
        [Cuda, Rocm, Metal, Vulkan, Wgpu, Tch, Cpu, Ndarray]
            .into_iter()
            .find(|b| b.is_compiled_in())
            .ok_or_else(|| Error::Usage("no backend is compiled in: add `--features cpu`".into()))
    }

    /// Whether Burn joins neighbouring operations into one kernel on it.
    pub fn fuses_operations(self) -> bool {
        use Backend::*;
        matches!(self, Wgpu | Vulkan | Metal | Cuda | Rocm)
    }

    /// Whether two runs with the same seed give the same bits.
    pub fn is_deterministic(self) -> bool {
        matches!(self, Backend::Cpu | Backend::Ndarray)
    }

    /// The backend's first device, without autodiff. Where it is the CPU's, the process keeps the memory that it frees
    /// ([`keep_freed_memory`](taskgraft_models::memory::keep_freed_memory)).
    ///
    /// # Errors
    /// If the backend is not compiled in, where the message names the feature, or if there is no adapter for it.
    #[allow(deprecated)] // Burn deprecates its ndarray and LibTorch devices; they remain for portability checks.
    pub fn device(self) -> Result<Device> {
        match self {
            #[cfg(feature = "cpu")]
            Backend::Cpu => {
                taskgraft_models::memory::keep_freed_memory();
                Ok(Device::flex())
            }
            #[cfg(feature = "ndarray")]
            Backend::Ndarray => Ok(Device::ndarray()),
            #[cfg(feature = "wgpu")]
            Backend::Wgpu => self.on_adapter(DeviceType::Wgpu, Device::wgpu),
            #[cfg(feature = "vulkan")]
            Backend::Vulkan => self.on_adapter(DeviceType::Vulkan, Device::vulkan),
            #[cfg(feature = "metal")]
            Backend::Metal => Ok(Device::metal(Default::default())),
            #[cfg(feature = "cuda")]
            Backend::Cuda => Ok(Device::cuda(0)),
            #[cfg(feature = "rocm")]
            Backend::Rocm => Ok(Device::rocm(0)),
            #[cfg(feature = "tch")]
            Backend::Tch => Ok(Device::libtorch()),
            #[allow(unreachable_patterns)] // Reachable unless every backend is compiled in.
            missing => Err(missing.not_compiled_in()),
        }
    }

    /// The default device of a graphics API: a GPU, else an adapter that computes in software. Burn panics on first use
    /// where there is none, hence the look beforehand.
    #[cfg(any(feature = "wgpu", feature = "vulkan"))]
    fn on_adapter(self, api: DeviceType, device: fn(DeviceKind) -> Device) -> Result<Device> {
        if Device::enumerate(api).into_vec().is_empty() {
            return Err(Error::Usage(format!(
                "backend `{self}` finds no adapter: install the GPU's driver, or on Linux one that computes on the CPU, \
                 such as Mesa's lavapipe (Debian: `apt-get install mesa-vulkan-drivers`)"
            )));
        }
        Ok(device(DeviceKind::DefaultDevice))
    }

    /// The name of what it computes on, where the driver tells; whatever is not a card computes in software. Opens the
    /// device.
    pub fn device_name(self) -> Option<String> {
        #[cfg(any(
            feature = "wgpu",
            feature = "vulkan",
            feature = "metal",
            feature = "cuda",
            feature = "rocm"
        ))]
        if let Some(identity) = self.device().ok()?.identity() {
            let kind = if identity.physical.is_none() { ", in software" } else { "" };
            return Some(identity.name + kind);
        }
        None
    }

    fn not_compiled_in(self) -> Error {
        let compiled: Vec<_> = Self::compiled_in().iter().map(|b| b.name()).collect();
        Error::Usage(format!(
            "backend `{self}` is not compiled in (this program has: {}); \
             build it with `cargo run --release --features {self} …`",
            compiled.join(", ")
        ))
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|b| b.name() == name);
        let backend = found.ok_or_else(|| {
            taskgraft_tasks::Error::unknown("backend", name, Self::ALL.map(Backend::name))
        })?;
        if backend.is_compiled_in() { Ok(backend) } else { Err(backend.not_compiled_in()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_backend_names_the_nearest() {
        let message = "cudda".parse::<Backend>().unwrap_err().to_string();
        assert!(message.contains("did you mean `cuda`?"), "{message}");
    }

    #[test]
    #[cfg(not(feature = "rocm"))]
    fn a_backend_that_is_not_compiled_in_names_its_feature() {
        let message = "rocm".parse::<Backend>().unwrap_err().to_string();
        assert!(message.contains("--features rocm"), "{message}");
    }
}
